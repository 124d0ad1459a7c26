import type { Family } from "#core/address.ts";
import type { DesiredRecord, RecordId } from "#core/record.ts";
import { DEFAULT_SCHEDULE, type Schedule } from "#engine/pace.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import { readSharedAddress } from "#kubernetes/cluster/shared-address-data.ts";
import { isFields } from "#kubernetes/api/object.ts";
import { type NodeOptions, OBJECTS, type Surroundings, WorldNode } from "#testing/cluster-world/node.ts";
import type { Sent } from "#testing/cluster-world/node-provider.ts";
import { SimulatedClock } from "#testing/cluster-world/simulated-clock.ts";
import { desired, ScriptedProvider } from "#testing/engine-world.ts";
import { KubeApi } from "#testing/kube-api.ts";

export interface ClusterWorldOptions {
  readonly nodes?: number;
  readonly records?: readonly DesiredRecord[] | ((node: string) => readonly DesiredRecord[]);
  readonly isPerNode?: boolean;
  readonly schedule?: Partial<Schedule>;
  readonly service?: string;
  readonly seed?: number;
  /** Of each node's clocks, in milliseconds. */
  readonly skews?: readonly number[];
  /** What the records hold at first; absent: the truth. */
  readonly published?: string | undefined;
  /** Looked at after every wake-up, e.g. that nobody leads beside another. */
  readonly isWatched?: boolean;
}

export const FIRST = "44.128.10.77";
export const SECOND = "44.128.11.1";
export const THIRD = "44.128.12.2";

/** A cluster in one process, on a clock that only a test moves: nodes behind one router, an API server, a provider. */
export class ClusterWorld implements Surroundings {
  readonly clock = new SimulatedClock();
  readonly api = new KubeApi(this.clock);
  readonly provider: ScriptedProvider;
  readonly nodes: readonly WorldNode[];
  readonly sent: Sent[] = [];
  /** What must never be, as it was seen. */
  readonly violations: string[] = [];
  readonly #truths = new Map<string, string>();
  readonly #history: { readonly at: number; readonly address: string }[] = [];
  readonly #records: readonly DesiredRecord[];

  constructor(options: ClusterWorldOptions = {}) {
    const { nodes = 3, records = [desired()], isPerNode = false, seed = 1, skews = [], service } = options;
    this.provider = new ScriptedProvider(this.clock);
    this.provider.latency = 0;
    // As it is installed
    this.api.objects.put(LEASES, OBJECTS.namespace, OBJECTS.lease, {});
    this.move(FIRST);
    const recordsOf = typeof records === "function" ? records : () => records;
    const names = Array.from({ length: nodes }, (_, index) => `node-${index + 1}`);
    this.#records = names.flatMap((name) => recordsOf(name));
    this.publish(options.published ?? FIRST);
    this.nodes = names.map((name, index) => {
      const own: NodeOptions = {
        name,
        records: recordsOf(name),
        schedule: { ...DEFAULT_SCHEDULE, ...options.schedule },
        isPerNode,
        service,
        seed: seed * 7919 + index * 104_729,
        skew: skews[index] ?? 0,
      };
      return new WorldNode(own, this);
    });
    if (options.isWatched ?? nodes <= 10) this.clock.onStep = () => this.#look();
  }

  /** One that has run for a while: who leads knows all the others. */
  static async settled(options: ConstructorParameters<typeof ClusterWorld>[0] = {}): Promise<ClusterWorld> {
    const world = new ClusterWorld(options).start();
    await world.settle();
    await world.advance(210);
    return world;
  }

  truth(family: Family, node: string): string {
    return this.#truths.get(`${node} ${family}`) ?? this.#truths.get(`${family}`) ?? "offline";
  }

  /** The address changes, of all nodes or of one; `offline`: no witness answers. */
  move(truth: string, family: Family = 4, node?: string): void {
    const key = node === undefined ? `${family}` : `${node} ${family}`;
    this.#history.push({ at: this.clock.now(), address: this.#truths.get(key) ?? truth });
    this.#truths.set(key, truth);
  }

  /** What it was then, of IPv4. */
  truthAt(time: number): string | undefined {
    return this.#history.find(({ at }) => at > time)?.address ?? this.#truths.get("4");
  }

  /** As after earlier work. */
  publish(address: string): void {
    for (const { name, type } of this.#records)
      this.provider.put(name, type, [type === "A" ? address : "2a10:ed1:77::1"]);
  }

  start(): this {
    for (const node of this.nodes) node.start();
    return this;
  }

  advance(seconds: number): Promise<void> {
    return this.clock.advance(seconds * 1000);
  }

  /** In steps, until it is so. @throws {RangeError} when that takes too long */
  async until(isSo: () => boolean, within = 120, what = "it"): Promise<void> {
    const end = this.clock.now() + within * 1000;
    while (!isSo()) {
      if (this.clock.now() >= end) throw new RangeError(`${what} is not so after ${within} s`);
      await this.clock.advance(10);
    }
  }

  /** Who leads, once somebody does and all others follow. */
  async settle(within = 120): Promise<WorldNode> {
    const isSettled = () =>
      this.leaders.length === 1 &&
      this.alive.every(({ isLeading, role }) => isLeading || role === "following");
    await this.until(isSettled, within, "one leads and the others follow");
    await this.advance(1);
    return this.leader;
  }

  get alive(): readonly WorldNode[] {
    return this.nodes.filter(({ isAlive }) => isAlive);
  }

  get leaders(): readonly WorldNode[] {
    return this.nodes.filter(({ isLeading }) => isLeading);
  }

  get leader(): WorldNode {
    const [leader] = this.leaders;
    if (!leader) throw new TypeError("nobody leads");
    return leader;
  }

  get followers(): readonly WorldNode[] {
    return this.alive.filter((node) => !node.isLeading);
  }

  /** What the provider was told, as `record address node`. */
  get writes(): readonly Sent[] {
    return this.sent.filter(({ landedAt }) => landedAt !== undefined);
  }

  /** Who wrote what, a line each. */
  get writers(): readonly string[] {
    return this.writes.map(({ node, address }) => `${node} ${address}`);
  }

  get roles(): readonly string[] {
    return this.alive.map(({ role }) => role).toSorted();
  }

  /** What a record holds. */
  values(record?: RecordId): string {
    return this.provider.values(record);
  }

  /** What the ConfigMap says; absent: nothing. */
  get data(): Readonly<Record<string, string>> | undefined {
    const data: unknown = this.api.objects.get(CONFIG_MAPS, OBJECTS.configMap)?.["data"];
    if (!isFields(data)) return undefined;
    return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, String(text)]));
  }

  get shared(): SharedAddress | undefined {
    return this.data && readSharedAddress(this.data);
  }

  /** Somebody edits the ConfigMap. */
  edit(data: Readonly<Record<string, string>>): void {
    const object = this.api.objects.get(CONFIG_MAPS, OBJECTS.configMap);
    this.api.objects.put(CONFIG_MAPS, OBJECTS.namespace, OBJECTS.configMap, { ...object, data });
  }

  /** Whoever holds it finds out when it renews it next. */
  deleteLease(): void {
    this.api.objects.delete(LEASES, OBJECTS.lease);
  }

  deleteShared(): void {
    this.api.objects.delete(CONFIG_MAPS, OBJECTS.configMap);
  }

  /** Versions of the ConfigMap that were written since a moment. */
  updates(since = 0): number {
    return this.api.requests.filter(
      ({ verb, name, at }) => verb === "update" && name === OBJECTS.configMap && at >= since,
    ).length;
  }

  /** Ends all that runs. */
  async close(): Promise<void> {
    this.api.thaw();
    for (const node of this.nodes) {
      node.toApi.mend();
      node.toProvider.mend();
      await node.goOn();
    }
    const ended = Promise.all(this.alive.map((node) => node.stop()));
    let isOver = false;
    void ended.finally(() => (isOver = true));
    await this.until(() => isOver, 120, "the end of all nodes");
  }

  onSent(sent: Sent, node: WorldNode): void {
    const { record, address } = sent;
    const complain = (what: string) =>
      this.violations.push(`${node.name} writes ${record} ${address}: ${what}`);
    if (node.role === "leading" && !node.isLeading) complain("it leads no more");
    if (node.role === "leading" && this.leaders.length > 1) complain("another one leads, too");
    if (!this.#wasTrue(address)) complain("it is not the address");
    this.sent.push(sent);
  }

  /** Now, or as long ago as it takes to detect and to write. */
  #wasTrue(address: string): boolean {
    const since = this.clock.now() - PATIENCE;
    const isNow = [...this.#truths.values()].includes(address);
    return isNow || this.#history.some((each) => each.address === address && each.at >= since);
  }

  #look(): void {
    const { leaders } = this;
    if (leaders.length > 1) this.violations.push(`two lead: ${leaders.map(({ name }) => name).join(", ")}`);
  }
}

/** To detect a change, and to write what was right before it. */
const PATIENCE = 45_000;
const CONFIG_MAPS = `v1/${OBJECTS.namespace}/configmaps`;
export const LEASES = `coordination.k8s.io/v1/${OBJECTS.namespace}/leases`;
