import { randomUUID } from "node:crypto";
import { type Config, NAME, ZONE } from "../lab.ts";
import { pause, until } from "../until.ts";
import { createAccount, OPERATOR_RULES } from "./account.ts";
import { type AuditEntry, readAuditLog } from "./audit-log.ts";
import type { Cluster } from "./cluster.ts";
import type { Write } from "./counting-provider.ts";
import { Fleet } from "./fleet.ts";
import { type Entry, timeOf } from "./operator-log.ts";
import type { OperatorProcess } from "./operator-process.ts";
import { Outside } from "./outside.ts";
import { Pods } from "./pods.ts";
import { addressWrites } from "./reigns.ts";

export interface CrowdOptions {
  /** Logs `bodies`. */
  readonly cluster: Cluster;
  readonly agents: number;
  /** `esddns.js`; absent: what the test run has built. */
  readonly program?: string | undefined;
  /** A round every 10 s, and a probe every second, unless given. */
  readonly schedule?: Config;
}

/** What one change of the address cost and took; times in milliseconds. */
export interface ChangeSeen {
  readonly writes: readonly Write[];
  /** From the leader's probe having seen it until the provider has every record right. */
  readonly toRight: number;
  /** From the request that put it into the ConfigMap until each other agent knows. */
  readonly told: readonly number[];
}

/** Relative to the zone. */
export const RECORDS: readonly string[] = [NAME.slice(0, -ZONE.length - 1), "www", "vpn"];
/** Each start takes a processor for half a second. */
const STAGGER = 350;
const PATIENCE = 180_000;
/**
 * Until a probe has found nothing new: the log says only once in a row that one has. By then, a write too many would be
 * there, too.
 */
const CALM = 2000;

/** Many agents, and what is outside of their cluster. */
export class Crowd implements AsyncDisposable {
  readonly outside: Outside;
  readonly fleet: Fleet;
  readonly namespace: string;
  readonly #cluster: Cluster;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    cluster: Cluster,
    parts: Pick<Crowd, "fleet" | "namespace" | "outside">,
    stack: AsyncDisposableStack,
  ) {
    this.#cluster = cluster;
    this.namespace = parts.namespace;
    this.outside = parts.outside;
    this.fleet = parts.fleet;
    this.#stack = stack;
  }

  /** Until all of them know the address, and the records are right. */
  static async start({ cluster, agents, program, schedule = QUICK }: CrowdOptions): Promise<Crowd> {
    const namespace = `ddns-${randomUUID().slice(0, 8)}`;
    await using stack = new AsyncDisposableStack();
    await createAccount(cluster, namespace, "esddns", OPERATOR_RULES);
    const outside = stack.use(await Outside.start());
    const pods = stack.use(await Pods.of(cluster));
    const made = await pods.create({ namespace, account: "esddns", count: agents });
    const fleet = stack.use(
      await Fleet.start({
        cluster,
        pods: made,
        outside,
        sections: { schedule, records: DESIRED },
        stagger: STAGGER,
        program,
      }),
    );
    const crowd = new Crowd(cluster, { namespace, outside, fleet }, stack.move());
    await crowd.settles();
    return crowd;
  }

  /** The requests of its pods so far. */
  get requests(): readonly AuditEntry[] {
    return readAuditLog(this.#cluster, this.namespace).filter(({ pod }) => pod !== "");
  }

  /** Moves the address, and waits until everybody knows. */
  async change(): Promise<ChangeSeen> {
    const { outside, fleet } = this;
    const [start, known] = [Date.now(), outside.writes.length];
    const address = outside.move();
    await this.settles(start);
    await pause(CALM);
    const writes = outside.writes.slice(known);
    const leader = await fleet.leader();
    const told = addressWrites(this.requests).find((write) => write.at >= start && write.address === address);
    if (!told) throw new Error(`Nobody told that the address is ${address}`);
    const seen = leader.log.find((entry) => timeOf(entry) >= start && isSight(entry));
    if (!seen) throw new Error(`No probe of the leader saw ${address}`);
    const times = fleet.followers(leader).map((one) => knowsAt(one, address, start) - told.at);
    return { writes, toRight: Math.max(...writes.map(({ at }) => at)) - timeOf(seen), told: times };
  }

  /** What happens while nothing changes. */
  async quiet(ms: number): Promise<{ readonly questions: number; readonly writes: number }> {
    const { outside } = this;
    const [questions, writes] = [outside.questions, outside.writes.length];
    await pause(ms);
    return { questions: outside.questions - questions, writes: outside.writes.length - writes };
  }

  /** All at once, and when they have ended, anew, until one of them leads. @param between the two */
  async restart(signal: "SIGKILL" | "SIGTERM", between = () => {}): Promise<void> {
    const { operators } = this.fleet;
    await Promise.all(operators.map((one) => (signal === "SIGKILL" ? one.kill() : one.stop())));
    between();
    for (const operator of operators) {
      await operator.restart();
      if (operators.length > 10) await pause(STAGGER);
    }
    // Whom the Lease names may be one of those that were killed
    await until("one of the new ones to lead", () => operators.some(leads), PATIENCE);
    await this.settles();
  }

  /** How many questions each agent has asked witnesses, as it says itself. */
  async asked(): Promise<ReadonlyMap<OperatorProcess, number>> {
    const entries = this.fleet.operators.map(async (one) => [one, questionsIn(await one.metrics())] as const);
    return new Map(await Promise.all(entries));
  }

  /** Until every record is right, and everybody knows the address since then. */
  async settles(since = 0): Promise<void> {
    const { outside, fleet } = this;
    const { address } = outside;
    await until(
      `the records to be ${address}`,
      () => RECORDS.every((name) => outside.provider.values(name)[0] === address),
      PATIENCE,
    );
    await fleet.leader(undefined, PATIENCE);
    for (const operator of fleet.running)
      await operator.says("Public address", {
        where: (entry) => entry["address"] === address,
        since,
        within: PATIENCE,
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Changes are not held back, however fast they come. */
const QUICK = { interval: "10s", probe: "1s", hold: "0s" };
const DESIRED = RECORDS.map((name) => ({
  name: `${name}.${ZONE}`,
  types: ["A"],
  provider: "main",
  ttl: 300,
}));

function leads({ log }: OperatorProcess): boolean {
  return log.some(({ message }) => message === "Leading");
}

/** The first that says so; a round that was due anyway may be it. */
function isSight({ message }: Entry): boolean {
  return message === "Probe: the address seems to have changed" || message === "Public address";
}

function knowsAt(operator: OperatorProcess, address: string, since: number): number {
  const entry = operator.log.find(
    (one) => one.message === "Public address" && one["address"] === address && timeOf(one) >= since,
  );
  return entry ? timeOf(entry) : Infinity;
}

/** The shared address is a witness, too, and none that anybody is asked for. */
function questionsIn(metrics: string): number {
  const lines = metrics.split("\n").filter((line) => /^esddns_(observations|probes)_total\{/.test(line));
  const asked = lines.filter((line) => !line.includes('source="cluster"'));
  return asked.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
