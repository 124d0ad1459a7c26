import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Config } from "../lab.ts";
import { until } from "../until.ts";
import { createAccount, OPERATOR_RULES } from "./account.ts";
import { type AuditEntry, readAuditLog } from "./audit-log.ts";
import type { Cluster } from "./cluster.ts";
import type { Write } from "./counting-provider.ts";
import { Fleet } from "./fleet.ts";
import { Gateway } from "./gateway.ts";
import type { OperatorProcess } from "./operator-process.ts";
import { Outside } from "./outside.ts";
import { Pods } from "./pods.ts";

export interface SceneOptions {
  readonly cluster: Cluster;
  /** 3 unless given. */
  readonly agents?: number;
  readonly sections?: Config;
}

/** An Event as people see it. */
export interface EventSeen {
  readonly reason: string;
  readonly type: string;
  readonly message: string;
  readonly kind: string;
}

const eventList = z.object({
  items: z.array(
    z.object({
      reason: z.string(),
      type: z.string(),
      message: z.string(),
      involvedObject: z.object({ kind: z.string() }),
    }),
  ),
});

/** A change in every few seconds is not held back. */
const QUICK: Config = { schedule: { interval: "10s", probe: "1s", hold: "0s" } };

/** A namespace of a cluster with agents that are well, each behind a gateway, before something happens to them. */
export class Scene implements AsyncDisposable {
  readonly namespace: string;
  readonly outside: Outside;
  readonly gateway: Gateway;
  readonly pods: Pods;
  readonly fleet: Fleet;
  readonly cluster: Cluster;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: Pick<Scene, "cluster" | "fleet" | "gateway" | "namespace" | "outside" | "pods">,
    stack: AsyncDisposableStack,
  ) {
    this.cluster = parts.cluster;
    this.namespace = parts.namespace;
    this.outside = parts.outside;
    this.gateway = parts.gateway;
    this.pods = parts.pods;
    this.fleet = parts.fleet;
    this.#stack = stack;
  }

  static async start(options: SceneOptions): Promise<Scene> {
    const { cluster, agents: count = 3, sections = QUICK } = options;
    const namespace = `ddns-${randomUUID().slice(0, 8)}`;
    await using stack = new AsyncDisposableStack();
    await createAccount(cluster, namespace, "esddns", OPERATOR_RULES);
    const outside = stack.use(await Outside.start());
    const pods = stack.use(await Pods.of(cluster));
    const gateway = stack.use(await Gateway.start(cluster));
    const made = await pods.create({ namespace, account: "esddns", count });
    const behind = made.map((pod) => gateway.behind(pod));
    const fleet = stack.use(await Fleet.start({ cluster, pods: behind, outside, sections }));
    const parts = { cluster, namespace, outside, gateway, pods, fleet };
    const scene = new Scene(parts, stack.move());
    await scene.follows(0, 60_000);
    await scene.leader();
    return scene;
  }

  /** Moves the address. @returns the new one */
  move(): string {
    return this.outside.move();
  }

  /** Until the record is right, and every agent that runs knows the address since then. */
  async follows(since = 0, within = 30_000): Promise<void> {
    const { outside, fleet } = this;
    const { address } = outside;
    await this.isRight(within);
    const where = (entry: object) => "address" in entry && entry.address === address;
    await Promise.all(fleet.running.map((one) => one.says("Public address", { where, since, within })));
  }

  /** Until the record is right. @returns after how many milliseconds */
  async isRight(within = 30_000): Promise<number> {
    const { outside } = this;
    const start = Date.now();
    await until(`the record to be ${outside.address}`, () => outside.published === outside.address, within);
    return Date.now() - start;
  }

  leader(besides?: OperatorProcess): Promise<OperatorProcess> {
    return this.fleet.leader(besides, 60_000);
  }

  /** Writes at the provider from now on. */
  writesFromNow(): () => readonly Write[] {
    const known = this.outside.writes.length;
    return () => this.outside.writes.slice(known);
  }

  /** Waits until all that run have said so, each since that moment. */
  async all(message: string, since: number, within = 60_000): Promise<void> {
    await Promise.all(this.fleet.running.map((one) => one.says(message, { since, within })));
  }

  /** Waits until one leads, and the others follow. */
  async recovers(within = 90_000): Promise<void> {
    await until(
      "one to lead, and the others to follow",
      async () => {
        const roles = await Promise.all(this.fleet.running.map((one) => roleOf(one)));
        const leading = roles.filter((role) => role === "leading").length;
        return leading === 1 && roles.filter((role) => role === "following").length === roles.length - 1;
      },
      within,
    );
  }

  /** What somebody else writes into the ConfigMap. */
  async spoil(data: Readonly<Record<string, string>>): Promise<void> {
    const patch = JSON.stringify({ data });
    await this.kubectl("patch", "configmap", "esddns-wan-ip", "--type=merge", "-p", patch);
  }

  shared(key: string): Promise<string> {
    return this.cluster.field(`{.data.${key}}`, "configmap", "esddns-wan-ip", "-n", this.namespace);
  }

  kubectl(...words: readonly string[]): Promise<string> {
    return this.cluster.kubectl("-n", this.namespace, ...words);
  }

  async events(): Promise<readonly EventSeen[]> {
    const list = eventList.parse(await this.cluster.json("get", "events", "-n", this.namespace));
    return list.items.map(({ involvedObject, ...rest }) => ({ ...rest, kind: involvedObject.kind }));
  }

  /** Waits for an Event. */
  event(reason: string, within = 40_000): Promise<EventSeen> {
    const look = async () => (await this.events()).find((event) => event.reason === reason);
    return until(`the Event ${reason}`, look, within);
  }

  /** Requests of its pods. */
  get requests(): readonly AuditEntry[] {
    return readAuditLog(this.cluster, this.namespace).filter(({ pod }) => pod !== "");
  }

  /** What the agents printed that is no line of their log: a crash, say. */
  get noise(): readonly string[] {
    return this.fleet.operators.flatMap((operator) => operator.others);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function roleOf(operator: OperatorProcess): Promise<string | undefined> {
  return /^esddns_cluster_role\{role="(\w+)"\} 1$/m.exec(await operator.metrics())?.[1];
}
