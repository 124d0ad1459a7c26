import { ZONE } from "../lab.ts";
import { pause, until } from "../until.ts";
import { createAccount, OPERATOR_RULES } from "./account.ts";
import type { Cluster } from "./cluster.ts";
import { Fleet } from "./fleet.ts";
import { type Deed, Gateway, isWatch, type Passing } from "./gateway.ts";
import { Outside } from "./outside.ts";
import { Pods } from "./pods.ts";

export interface WeighOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Weighed after so many watches altogether, and so many milliseconds of rest. */
  readonly after: readonly (readonly [reconnects: number, rest: number])[];
  readonly program?: string | undefined;
}

export interface Weight {
  readonly reconnects: number;
  /** Resident, in MiB. */
  readonly mebibytes: number;
  readonly descriptors: number;
}

/** As the chart has it where nothing is set. */
const SECTIONS = {
  schedule: {},
  verify: {},
  records: [{ name: `home.${ZONE}`, types: ["A"], provider: "main" }],
};

/** What an agent weighs that follows, before and after its watch has come to its end again and again. */
export async function weighFollower(options: WeighOptions): Promise<readonly Weight[]> {
  const { cluster, namespace, after, program } = options;
  await createAccount(cluster, namespace, "esddns", OPERATOR_RULES);
  await using outside = await Outside.start();
  await using pods = await Pods.of(cluster);
  await using gateway = await Gateway.start(cluster);
  const made = await pods.create({ namespace, account: "esddns", count: 2 });
  const behind = made.map((pod) => gateway.behind(pod));
  await using fleet = await Fleet.start({
    cluster,
    pods: behind,
    outside,
    sections: SECTIONS,
    stagger: 3000,
    program,
  });
  await until("the record to be right", () => outside.published === outside.address, 30_000);
  const [agent] = fleet.followers(await fleet.leader());
  if (!agent) throw new Error("Nobody follows");
  await agent.says("Public address");
  const ending = new EndingWatches(gateway, agent.pod.name);
  const weights: Weight[] = [];
  for (const [reconnects, rest] of after) {
    await ending.after(reconnects);
    await pause(rest);
    weights.push({ reconnects, mebibytes: agent.residentMebibytes, descriptors: agent.descriptors });
  }
  const address = outside.move();
  const where = (entry: object) => "address" in entry && entry.address === address;
  await agent.says("Public address", { where, within: 40_000 });
  return weights;
}

/** Lets each watch of a pod end after one event, every other one with its connection, until so many have ended. */
class EndingWatches {
  readonly #gateway: Gateway;
  readonly #pod: string;
  #ended = 0;
  #limit = 0;

  constructor(gateway: Gateway, pod: string) {
    this.#gateway = gateway;
    this.#pod = pod;
    gateway.rule = (passing) => this.#rule(passing);
  }

  #rule(passing: Passing): Deed {
    if (passing.pod !== this.#pod || !isWatch(passing, "esddns-wan-ip")) return "pass";
    if (this.#ended >= this.#limit) return "pass";
    this.#ended += 1;
    const version = new URL(passing.target, "https://x").searchParams.get("resourceVersion");
    const object = { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: version } };
    const headers = this.#ended % 2 === 0 ? { connection: "close" } : {};
    return { status: 200, headers, body: `${JSON.stringify({ type: "BOOKMARK", object })}\n` };
  }

  /** Waits until so many watches have ended. */
  async after(count: number): Promise<void> {
    this.#limit = count;
    this.#gateway.endWatches();
    await until(`${count} watches to end`, () => this.#ended >= count, 120_000);
  }
}
