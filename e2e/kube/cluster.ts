import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { atExit } from "../at-exit.ts";
import { BARE_ENVIRONMENT, runWell } from "../child.ts";
import { type AuditRow, readAudit } from "./audit.ts";
import { Kubectl } from "./kubectl.ts";
import { KUBE_BIN, tool } from "./programs.ts";

type Part = "controllers" | "kubelet" | "scheduler";

export interface ClusterOptions {
  /** Nodes at the start, `node-1` and so on; none unless given. */
  readonly nodes?: number;
  /** Keeps {@link Cluster.audit}; `bodies`: and what is written into Leases and ConfigMaps, for `readAuditLog`. */
  readonly audit?: boolean | "bodies";
  /** What runs beside the API server; everything unless given. Without, it takes half the memory. */
  readonly parts?: readonly Part[];
  /** More flags, e.g. `--max-requests-inflight=1`. */
  readonly apiServer?: readonly string[];
  readonly etcd?: readonly string[];
  readonly controllers?: readonly string[];
}

const PARTS: readonly Part[] = ["controllers", "scheduler", "kubelet"];

let count = 0;

/** A real control plane of a test's own, see `tools/cluster.sh`. Several can be up at once. */
export class Cluster extends Kubectl implements AsyncDisposable {
  readonly #env: Readonly<Record<string, string>>;
  readonly #forget: () => void;
  /** What the cluster keeps: logs of its parts, `audit.log`, certificates. */
  readonly folder: string;

  private constructor(env: Readonly<Record<string, string>>, folder: string) {
    super({ via: [], env });
    this.#env = env;
    this.folder = folder;
    // It would go by itself, a second after us
    this.#forget = atExit(() => execFileSync("bash", [tool("cluster.sh"), "down"], { env }));
  }

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    count += 1;
    const folder = path.join(tmpdir(), `esddns-kube-${process.pid}-${count}`);
    const env = environmentOf(folder);
    const cluster = new Cluster(env, folder);
    try {
      await runWell(["/bin/bash", tool("cluster.sh"), "up"], { env: { ...env, ...variablesOf(options) } });
      return cluster;
    } catch (error) {
      cluster.#forget();
      throw error;
    }
  }

  /** Of the administrator. */
  get kubeconfig(): string {
    return path.join(this.folder, "admin.kubeconfig");
  }

  get server(): URL {
    const [, server = ""] = /server: "(.*)"/.exec(readFileSync(this.kubeconfig, "utf8")) ?? [];
    return new URL(server);
  }

  /**
   * What a pod of a service account would have. Beside it are `token`, `ca.crt` and `namespace`; asking again puts a
   * new token there.
   *
   * @param pod the token is bound to it and dies with it
   * @returns the path of a kubeconfig
   */
  saKubeconfig(namespace: string, account: string, pod?: string): Promise<string> {
    return this.#verb("sa-kubeconfig", namespace, account, ...(pod === undefined ? [] : [pod]));
  }

  /** @param more labels, and InternalIP or ExternalIP */
  async addNode(name: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#verb("add-node", name, ...Object.entries(more).map((pair) => pair.join("=")));
  }

  /** SIGSTOP: connections open, nothing answers. */
  async pauseApi(): Promise<void> {
    await this.#verb("pause-api");
  }

  async resumeApi(): Promise<void> {
    await this.#verb("resume-api");
  }

  /** SIGTERM: watches end in order, then connections are refused. */
  async stopApi(): Promise<void> {
    await this.#verb("stop-api");
  }

  /** SIGKILL: connections break. */
  async killApi(): Promise<void> {
    await this.#verb("kill-api");
  }

  /** Until it is ready again. */
  async startApi(): Promise<void> {
    await this.#verb("start-api");
  }

  /** @param seconds for which connections are refused */
  async restartApi(seconds = 0): Promise<void> {
    await this.#verb("restart-api", String(seconds));
  }

  /** The requests so far. @param user e.g. `system:serviceaccount:ddns:esddns`; absent: all but the cluster's own */
  async audit(user?: string): Promise<readonly AuditRow[]> {
    return readAudit(await this.#verb("audit", ...(user === undefined ? [] : [user])));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#verb("down");
    this.#forget();
  }

  async #verb(...words: readonly string[]): Promise<string> {
    const output = await runWell(["/bin/bash", tool("cluster.sh"), ...words], { env: this.#env });
    return output.trimEnd();
  }
}

/** For programs that talk to the cluster, and for cluster.sh. */
function environmentOf(folder: string): Readonly<Record<string, string>> {
  return {
    ...BARE_ENVIRONMENT,
    PATH: `${KUBE_BIN}:${BARE_ENVIRONMENT["PATH"]}`,
    HOME: folder,
    KUBE_BIN,
    KUBE_STATE: folder,
    KUBECONFIG: path.join(folder, "admin.kubeconfig"),
    KUBECACHEDIR: path.join(folder, "cache"),
    KUBERC: "off",
    HELM_CACHE_HOME: path.join(folder, "helm/cache"),
    HELM_CONFIG_HOME: path.join(folder, "helm/config"),
    HELM_DATA_HOME: path.join(folder, "helm/data"),
  };
}

function variablesOf(options: ClusterOptions): Readonly<Record<string, string>> {
  const { nodes = 0, audit = false, parts = PARTS, apiServer = [], etcd = [], controllers = [] } = options;
  return {
    OWNER: String(process.pid),
    NODES: String(nodes),
    AUDIT: audit === "bodies" ? audit : audit ? "1" : "0",
    PARTS: parts.join(" "),
    APISERVER_ARGS: apiServer.join(" "),
    ETCD_ARGS: etcd.join(" "),
    CONTROLLER_ARGS: controllers.join(" "),
  };
}
