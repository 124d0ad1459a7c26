import { z } from "zod";
import { parse } from "yaml";
import { until } from "../until.ts";
import { CHART } from "./helm-template.ts";
import type { Kubectl } from "./kubectl.ts";
import { restrictedNamespace } from "./kustomize.ts";

const listed = z.object({
  items: z.array(z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) })),
});

/** What {@link Releases.in} makes, and the cluster itself. */
const BARE = new Set(["ConfigMap/kube-root-ca.crt", "Secret/esddns-gandi", "ServiceAccount/default"]);

/** Releases of the chart in a namespace that lets in restricted pods alone. */
export class Releases {
  readonly #cluster: Kubectl;
  readonly namespace: string;

  private constructor(cluster: Kubectl, namespace: string) {
    this.#cluster = cluster;
    this.namespace = namespace;
  }

  /** Makes the namespace, and in it a Secret with a token. */
  static async in(cluster: Kubectl, namespace: string): Promise<Releases> {
    const secret = { metadata: { name: "esddns-gandi", namespace }, stringData: { "api-key": "a-token" } };
    await cluster.apply(restrictedNamespace(namespace), { apiVersion: "v1", kind: "Secret", ...secret });
    return new Releases(cluster, namespace);
  }

  /** @returns what it printed */
  helm(...words: readonly string[]): Promise<string> {
    return this.#cluster.runWell(["helm", ...words, "--namespace", this.namespace]);
  }

  /** Waits until its pods run. */
  install(release: string, ...words: readonly string[]): Promise<string> {
    return this.helm("install", release, CHART, "--wait", "--timeout", "60s", ...words);
  }

  upgrade(release: string, ...words: readonly string[]): Promise<string> {
    return this.helm("upgrade", release, CHART, "--reuse-values", "--wait", "--timeout", "60s", ...words);
  }

  /** Everything that a release could leave behind, as `Kind/name`. */
  async contents(): Promise<readonly string[]> {
    const words = ["api-resources", "--namespaced", "--verbs=list", "-o", "name"];
    const kinds = (await this.#cluster.kubectl(...words))
      .split("\n")
      .filter((kind) => /^(?!events)./.test(kind));
    const all = await this.#cluster.json("get", kinds.join(","), "-n", this.namespace);
    return listed
      .parse(all)
      .items.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
      .toSorted();
  }

  /** What is there beyond that of an empty namespace, once its last pod has ended. */
  async leftovers(): Promise<readonly string[]> {
    const look = async () => {
      const names = await this.contents();
      return names.some((name) => name.startsWith("Pod/")) ? undefined : names;
    };
    return (await until("the last pod to end", look)).filter((name) => !BARE.has(name));
  }

  /** A section of the esddns.yaml that a release's pods have. */
  async section(prefix: string, name: string): Promise<unknown> {
    const text = await this.field("{.data.esddns\\.yaml}", "configmap", `${prefix}-config`);
    return z.record(z.string(), z.unknown()).parse(parse(text))[name];
  }

  /** Part of an object; empty where there is none. */
  field(path: string, kind: string, name: string): Promise<string> {
    return this.#cluster.field(path, kind, name, "-n", this.namespace);
  }
}
