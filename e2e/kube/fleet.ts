import type { Config } from "../lab.ts";
import { Scratch } from "../scratch.ts";
import { pause, until } from "../until.ts";
import type { Cluster } from "./cluster.ts";
import { OperatorProcess } from "./operator-process.ts";
import type { Outside } from "./outside.ts";
import type { Pod } from "./pods.ts";

export interface FleetOptions {
  readonly cluster: Cluster;
  readonly pods: readonly Pod[];
  /** Of all pods, or of each: clusters may span sites. */
  readonly outside: Outside | ((pod: Pod) => Outside);
  /** In place of the outside's. */
  readonly sections?: Config;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds from one start to the next, each of which takes a processor for half a second; 0 unless given. */
  readonly stagger?: number;
  /** `esddns.js`; absent: what the test run has built. */
  readonly program?: string | undefined;
}

/** A process for each pod of a DaemonSet. */
export class Fleet implements AsyncDisposable {
  readonly operators: readonly OperatorProcess[];
  readonly #cluster: Cluster;
  readonly #scratch: Scratch;

  private constructor(cluster: Cluster, operators: readonly OperatorProcess[], scratch: Scratch) {
    this.#cluster = cluster;
    this.operators = operators;
    this.#scratch = scratch;
  }

  /** Without waiting for anything that they do. */
  static async start({
    cluster,
    pods,
    outside,
    sections,
    env = {},
    stagger = 0,
    program,
  }: FleetOptions): Promise<Fleet> {
    const scratch = new Scratch();
    const operators: OperatorProcess[] = [];
    for (const pod of pods) {
      const its = typeof outside === "function" ? outside(pod) : outside;
      const options = { env, cacheFolder: scratch.at("cache"), program };
      operators.push(new OperatorProcess(pod, its.configFor(pod, sections), options));
      if (stagger > 0) await pause(stagger);
    }
    return new Fleet(cluster, operators, scratch);
  }

  /** @param node or pod */
  at(name: string): OperatorProcess {
    const found = this.operators.find(({ pod }) => pod.node === name || pod.name === name);
    if (!found) throw new Error(`No operator on ${name}`);
    return found;
  }

  get running(): readonly OperatorProcess[] {
    return this.operators.filter(({ isRunning }) => isRunning);
  }

  /** Who leads, as the Lease says; `undefined`: nobody. */
  async leaderNow(): Promise<OperatorProcess | undefined> {
    const namespace = this.operators[0]?.pod.namespace ?? "";
    const holder = await this.#cluster.field(
      "{.spec.holderIdentity}",
      "lease",
      "esddns-leader",
      "-n",
      namespace,
    );
    return this.operators.find(({ pod }) => holder === pod.name || holder.startsWith(`${pod.name}_`));
  }

  /** Waits for one. @param besides the one that is no more */
  leader(besides?: OperatorProcess, within?: number): Promise<OperatorProcess> {
    const look = async () => {
      const leader = await this.leaderNow();
      return leader === besides ? undefined : leader;
    };
    return until("somebody to lead", look, within);
  }

  followers(leader: OperatorProcess): readonly OperatorProcess[] {
    return this.running.filter((one) => one !== leader);
  }

  /** Waits until every one that runs has said so. */
  async all(message: string, within = 60_000): Promise<void> {
    await Promise.all(this.running.map((operator) => operator.says(message, { within })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.operators.map((operator) => operator[Symbol.asyncDispose]()));
    this.#scratch[Symbol.dispose]();
  }
}
