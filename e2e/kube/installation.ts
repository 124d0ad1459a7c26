import { buildImage } from "../../scripts/image/build.ts";
import type { MadeImage } from "../../scripts/image/made.ts";
import { buildHome, type Home } from "../netlab/home.ts";
import { type NameServers, startNameServers } from "../netlab/name-servers.ts";
import { RecordWatch } from "../netlab/record-watch.ts";
import { pause, until } from "../until.ts";
import type { Releases } from "./helm-releases.ts";
import { installChart, NAMESPACE, RECORD } from "./install-chart.ts";
import { type InstalledPod, installedPods, type NodeName, NODES } from "./installed-pods.ts";
import { logOn } from "./node-pod.ts";
import { Nodes } from "./nodes.ts";
import type { Entry } from "./operator-log.ts";
import { markRequests, type ProviderRequest, providerRequests } from "./provider-requests.ts";

/** A change of the home's address. */
export interface Move {
  readonly address: string;
  /** In milliseconds since 1970. */
  readonly at: number;
}

export interface Agreeing {
  /** All unless given. */
  readonly pods?: readonly InstalledPod[];
  readonly within?: number;
}

type Parts = Pick<Installation, "home" | "image" | "names" | "nodes" | "releases" | "watch">;

/**
 * The chart, installed on three nodes behind the router of a home: its image runs in containers, the witnesses are
 * coturn, and the record is at a PowerDNS on the other side.
 */
export class Installation implements AsyncDisposable {
  readonly home: Home;
  readonly image: MadeImage;
  readonly names: NameServers;
  readonly nodes: Nodes;
  readonly releases: Releases;
  /** What the record holds at PowerDNS. */
  readonly watch: RecordWatch;
  readonly #stack: AsyncDisposableStack;
  #moves = 0;

  private constructor({ home, image, names, nodes, releases, watch }: Parts, stack: AsyncDisposableStack) {
    this.home = home;
    this.image = image;
    this.names = names;
    this.nodes = nodes;
    this.releases = releases;
    this.watch = watch;
    this.#stack = stack;
  }

  /** Once the record is right, and all pods know the address. */
  static async start(): Promise<Installation> {
    await using stack = new AsyncDisposableStack();
    const home = stack.use(buildHome());
    const names = stack.use(await startNameServers(home));
    const image = await buildImage();
    const nodes = stack.use(await Nodes.start({ count: NODES.length, home, audit: true }));
    await nodes.loadImage(image.archive);
    for (const node of NODES) await markRequests(nodes, node, names.powerdns.address);
    const watch = stack.use(await RecordWatch.start(home, names.powerdns, RECORD));
    const releases = await installChart(nodes, home, names);
    const made = new Installation({ home, image, names, nodes, releases, watch }, stack.move());
    await watch.until(home.wan, 30_000);
    await made.agreed(home.wan);
    return made;
  }

  /** As the API server knows them. */
  pods(): Promise<readonly InstalledPod[]> {
    return installedPods(this.nodes);
  }

  async podOn(node: NodeName): Promise<InstalledPod> {
    const found = (await this.pods()).find((pod) => pod.node === node);
    if (!found) throw new Error(`No pod on ${node}`);
    return found;
  }

  /** Waits for the node of whoever leads. @param besides the one that leads no more */
  leader(besides?: NodeName): Promise<NodeName> {
    const look = async () => {
      const holder = await this.releases.field("{.spec.holderIdentity}", "lease", "esddns-leader");
      const pod = (await this.pods()).find(({ name }) => holder.startsWith(`${name}_`));
      return pod?.node === besides ? undefined : pod?.node;
    };
    return until("a node to lead", look, 60_000);
  }

  /** Switches a node on that is off. */
  async boot(node: NodeName): Promise<void> {
    if ((await this.nodes.on(node, ["true"])).status === 0) return;
    await this.nodes.restart(node);
    await markRequests(this.nodes, node, this.names.powerdns.address);
  }

  /** The home has another address from now on. */
  move(): Move {
    this.#moves += 1;
    const address = `44.128.20.${this.#moves}`;
    return { address, at: this.home.changeWan(address) };
  }

  /** Waits until the record holds it. @returns after how many milliseconds it did */
  async follows({ address, at }: Move, within = 30_000): Promise<number> {
    return (await this.watch.until(address, within)) - at;
  }

  /** How often PowerDNS was asked for a change so far. */
  get writes(): number {
    return this.#changes.length;
  }

  /** Who asked for one since there were so many, and how that ended if not well. */
  writers(since: number): readonly string[] {
    return this.#changes
      .slice(since)
      .map(({ node, status }) => (status === 204 ? node : `${node} ${status}`));
  }

  /** What the pods of a node have logged. */
  log(node: NodeName): readonly Entry[] {
    return logOn(this.nodes, node, NAMESPACE);
  }

  /** What a pod serves to Prometheus, asked from its node; empty where it does not answer. */
  async metrics({ address, node }: InstalledPod): Promise<string> {
    const url = `http://${address}:8080/metrics`;
    return (await this.nodes.on(node, ["curl", "-s", "--max-time", "2", url])).stdout;
  }

  /** Waits until pods watch the shared address, and know it as this one. @returns after how many milliseconds */
  async agreed(address: string, { pods, within = 60_000 }: Agreeing = {}): Promise<number> {
    const start = Date.now();
    const agree = async (pod: InstalledPod) => {
      if (isAgreed(await this.metrics(pod), address)) return true;
      return pause(100).then(() => false);
    };
    const all = pods ?? (await this.pods());
    await Promise.all(all.map((pod) => until(`${pod.node} to agree`, () => agree(pod), within)));
    return Date.now() - start;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  /** Its secondaries are notified besides, which changes nothing. */
  get #changes(): readonly ProviderRequest[] {
    return providerRequests(this.names).filter(({ method }) => method === "PATCH");
  }
}

function isAgreed(metrics: string, address: string): boolean {
  return (
    metrics.includes(`esddns_address_info{family="4",address="${address}"} 1`) &&
    /^esddns_cluster_role\{role="(?:leading|following)"\} 1$/m.test(metrics) &&
    /^esddns_shared_address_watching 1$/m.test(metrics)
  );
}
