import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { atExit } from "../at-exit.ts";
import { BARE_ENVIRONMENT, type Finished, run, runWell } from "../child.ts";
import type { Home } from "../netlab/home.ts";
import { Kubectl } from "./kubectl.ts";
import { KUBE_BIN, tool } from "./programs.ts";

export interface NodesOptions {
  /** `node-1` and so on. */
  readonly count: number;
  /** Whose LAN they are on: behind its router, with its witnesses. Absent: a LAN without an outside. */
  readonly home?: Home;
  /** Seconds after which a silent node is NotReady; 10 unless given, 50 in Kubernetes. */
  readonly grace?: number;
  readonly audit?: boolean;
  readonly apiServer?: readonly string[];
}

type Where = "cp" | "lan" | `node-${number}`;

let count = 0;

/**
 * Real nodes with a control plane of a test's own, see `tools/nodes.sh`: containers, Services, network. The API server
 * is reachable on their LAN alone, which {@link Kubectl.run} enters. Root.
 */
export class Nodes extends Kubectl implements AsyncDisposable {
  readonly #env: Readonly<Record<string, string>>;
  readonly #forget: () => void;
  /** What starts a program beside the API server, with nothing else set. */
  readonly besideApi: readonly string[];
  readonly folder: string;

  private constructor(env: Readonly<Record<string, string>>, prefix: string, folder: string) {
    const via = ["/usr/bin/nsenter", `--net=/run/netns/${prefix}-cp`, "--"];
    super({ via, env });
    this.#env = env;
    this.besideApi = via;
    this.folder = folder;
    this.#forget = atExit(() => execFileSync("bash", [tool("nodes.sh"), "down"], { env }));
  }

  static async start(options: NodesOptions): Promise<Nodes> {
    count += 1;
    const prefix = `k${process.pid.toString(36)}${count}`;
    const folder = path.join(tmpdir(), `esddns-nodes-${prefix}`);
    const env = environmentOf(prefix, folder);
    const nodes = new Nodes(env, prefix, folder);
    try {
      const words = ["/bin/bash", tool("nodes.sh"), "up", String(options.count)];
      await runWell(words, { env: { ...env, ...variablesOf(options) } });
      return nodes;
    } catch (error) {
      nodes.#forget();
      throw error;
    }
  }

  /** Into these nodes, or all. @param archive of docker or OCI; nothing is ever pulled */
  async loadImage(archive: string, ...nodes: readonly string[]): Promise<void> {
    await this.#verb("load-image", archive, ...nodes);
  }

  /** Runs a program on a node, on the LAN, or beside the API server. */
  on(where: Where, argv: readonly string[]): Promise<Finished> {
    return run(["/bin/bash", tool("nodes.sh"), "run", where, ...argv], { env: this.#env });
  }

  /** `on`: nobody reaches it, nor it anybody; `api`: it does not reach the API server; `off`: as before. */
  async partition(node: string, how: "api" | "off" | "on"): Promise<void> {
    await this.#verb("partition", node, how);
  }

  /** Nothing on it runs; its kernel still answers pings. */
  async freeze(node: string, isFrozen: boolean): Promise<void> {
    await this.#verb("freeze", node, isFrozen ? "on" : "off");
  }

  /** Power off; its disk stays. */
  async kill(node: string): Promise<void> {
    await this.#verb("kill", node);
  }

  /** Boots it, or restarts one of its programs. */
  async restart(node: string, program?: "containerd" | "kube-proxy" | "kubelet"): Promise<void> {
    await this.#verb("restart", node, ...(program === undefined ? [] : [program]));
  }

  /** After the home's prefix has changed: they have addresses of the new one. */
  async renew(): Promise<void> {
    await this.#verb("renew");
  }

  /** Waits until a node is Ready (`True`), silent (`Unknown`), or says that it is not (`False`). */
  untilReady(node: string, status: "False" | "True" | "Unknown", within = 60_000): Promise<string> {
    const path = '{.status.conditions[?(@.type=="Ready")].status}';
    return this.untilField(path, ["node", node], (is) => is === status, within);
  }

  /** Makes Services of type LoadBalancer real, by MetalLB. @param addresses of the LAN that they may have */
  async announceLoadBalancers(addresses = "192.168.77.200-192.168.77.220"): Promise<void> {
    await runWell(["/bin/bash", tool("metallb.sh"), addresses], { env: this.#env });
  }

  /** A verb of cluster.sh, e.g. `pause-api`. */
  cluster(...words: readonly string[]): Promise<string> {
    return this.#verb("cluster", ...words);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#verb("down");
    this.#forget();
  }

  async #verb(...words: readonly string[]): Promise<string> {
    return (await runWell(["/bin/bash", tool("nodes.sh"), ...words], { env: this.#env })).trimEnd();
  }
}

function environmentOf(prefix: string, folder: string): Readonly<Record<string, string>> {
  const cluster = path.join(folder, "cluster");
  return {
    ...BARE_ENVIRONMENT,
    PATH: `${KUBE_BIN}:${BARE_ENVIRONMENT["PATH"]}`,
    HOME: folder,
    KUBE_BIN,
    NODES_PREFIX: prefix,
    NODES_STATE: folder,
    KUBECONFIG: path.join(cluster, "admin.kubeconfig"),
    KUBECACHEDIR: path.join(cluster, "cache"),
    KUBERC: "off",
    HELM_CACHE_HOME: path.join(cluster, "helm/cache"),
    HELM_CONFIG_HOME: path.join(cluster, "helm/config"),
    HELM_DATA_HOME: path.join(cluster, "helm/data"),
  };
}

function variablesOf({ home, grace = 10, audit = false, apiServer = [] }: NodesOptions) {
  // The lab calls the network of its home PREFIX-lan
  const [network = ""] = home?.inHome.slice(-1) ?? [];
  return {
    OWNER: String(process.pid),
    GRACE: String(grace),
    AUDIT: audit ? "1" : "0",
    UPLINK: network.replace(/-lan$/, ""),
    APISERVER_ARGS: apiServer.join(" "),
  };
}
