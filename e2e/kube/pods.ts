import { mkdirSync } from "node:fs";
import { z } from "zod";
import { readText } from "#kubernetes/api/answer-body.ts";
import { Scratch } from "../scratch.ts";
import { type OpenedApi, openApi } from "./api-client.ts";
import type { Cluster } from "./cluster.ts";
import type { Manifest } from "./kubectl.ts";

/** A pod as its process needs to know it. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly account: string;
  /** With a token that is bound to the pod and dies with it. */
  readonly kubeconfig: string;
}

export interface NewPods {
  readonly namespace: string;
  /** Is there already. */
  readonly account: string;
  readonly count: number;
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string(), uid: z.string() }),
      spec: z.object({ nodeName: z.string(), serviceAccountName: z.string() }),
    }),
  ),
});
const tokenRequest = z.object({ status: z.object({ token: z.string() }) });
const never = new AbortController().signal;
const MAX_BYTES = 65_536;

/** Pods of a cluster without kubelets, and what is mounted into them. */
export class Pods implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #api: OpenedApi;
  readonly #scratch = new Scratch();

  private constructor(cluster: Cluster, api: OpenedApi) {
    this.#cluster = cluster;
    this.#api = api;
  }

  static async of(cluster: Cluster): Promise<Pods> {
    return new Pods(cluster, await openApi(cluster.kubeconfig));
  }

  /** Makes nodes `node-1` and so on, and a pod on each. */
  async create({ namespace, account, count }: NewPods): Promise<readonly Pod[]> {
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    await this.#cluster.apply(...numbers.map(nodeOf), ...numbers.map((n) => podOf(n, namespace, account)));
    return this.find(namespace, `app=${account}`);
  }

  /** Those that a controller has made, say. @param selector e.g. `app.kubernetes.io/name=esddns` */
  async find(namespace: string, selector: string): Promise<readonly Pod[]> {
    const { items } = podList.parse(
      await this.#cluster.json("get", "pods", "-n", namespace, "-l", selector, "--sort-by=.metadata.name"),
    );
    const pods = items.map(({ metadata, spec }) => {
      const account = spec.serviceAccountName;
      const folder = this.#scratch.at(metadata.namespace, metadata.name);
      return { ...metadata, node: spec.nodeName, account, kubeconfig: `${folder}/kubeconfig` };
    });
    await Promise.all(pods.map((pod) => this.#mount(pod)));
    return pods;
  }

  /** Puts a new token where the old one is. */
  async renew(pod: Pod): Promise<void> {
    this.#scratch.write(`${pod.namespace}/${pod.name}/token`, await this.#token(pod));
  }

  /** With it go its tokens. */
  async remove({ namespace, name }: Pod): Promise<void> {
    await this.#cluster.kubectl("delete", "pod", name, "-n", namespace, "--grace-period=0", "--force");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#api[Symbol.dispose]();
    this.#scratch[Symbol.dispose]();
  }

  async #mount(pod: Pod): Promise<void> {
    mkdirSync(this.#scratch.at(pod.namespace, pod.name), { recursive: true });
    await this.renew(pod);
    const token = this.#scratch.at(pod.namespace, pod.name, "token");
    const config = kubeconfigOf(pod, this.#cluster, token);
    this.#scratch.write(`${pod.namespace}/${pod.name}/kubeconfig`, JSON.stringify(config));
  }

  /** As a kubelet asks for it. */
  async #token({ namespace, account, name, uid }: Pod): Promise<string> {
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name, uid };
    const spec = { expirationSeconds: 3600, boundObjectRef };
    const { body, status } = await this.#api.transport.open(
      {
        method: "POST",
        target: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec }),
      },
      never,
    );
    const text = await readText(body, MAX_BYTES);
    if (status !== 201) throw new Error(`Cannot get a token for ${name}: ${status} ${text}`);
    return tokenRequest.parse(JSON.parse(text)).status.token;
  }
}

function nodeOf(number: number): Manifest {
  const name = `node-${number}`;
  return { apiVersion: "v1", kind: "Node", metadata: { name, labels: { "kubernetes.io/hostname": name } } };
}

function podOf(number: number, namespace: string, account: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `${account}-${number}`, namespace, labels: { app: account } },
    spec: {
      nodeName: `node-${number}`,
      serviceAccountName: account,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: account, image: "none" }],
    },
  };
}

function kubeconfigOf({ namespace, account }: Pod, { server, folder }: Cluster, tokenFile: string) {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "pod",
    clusters: [
      {
        name: "pod",
        cluster: { server: server.origin, "certificate-authority": `${folder}/pki/apiserver.crt` },
      },
    ],
    users: [{ name: account, user: { tokenFile } }],
    contexts: [{ name: "pod", context: { cluster: "pod", user: account, namespace } }],
  };
}
