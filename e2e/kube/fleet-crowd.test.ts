import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster } from "./cluster.ts";
import { type ChangeSeen, Crowd, RECORDS } from "./crowd.ts";
import { figuresOf, inSeconds } from "./figures.ts";
import { noCluster } from "./programs.ts";

const AGENTS = Number(process.env["ESDDNS_AGENTS"] ?? 10);
const CHANGES = 5;
/** More than one interval. */
const QUIET = 12_000;
/** For what a new leader does first. */
const FIRST_ROUND = 4000;

describe.skipIf(noCluster())(`a cluster of ${AGENTS} nodes`, { timeout: 120_000 + AGENTS * 8000 }, () => {
  let cluster: Cluster;
  let crowd: Crowd;
  const changes: ChangeSeen[] = [];

  beforeAll(
    async () => {
      cluster = await Cluster.start({ parts: [], audit: "bodies" });
      crowd = await Crowd.start({ cluster, agents: AGENTS });
    },
    60_000 + AGENTS * 4000,
  );
  afterAll(async () => {
    await crowd[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  it("asks the world what one leader asks, and writes nothing when nothing changed", async () => {
    const before = await crowd.asked();
    const { questions, writes } = await crowd.quiet(QUIET);
    const leader = await crowd.fleet.leader();
    const after = await crowd.asked();
    const asking = [...after].filter(([one, count]) => count > (before.get(one) ?? 0)).map(([one]) => one);
    console.log(`${questions} questions to witnesses in ${QUIET / 1000} s`);
    expect(asking).toEqual([leader]);
    expect(writes).toBe(0);
    // A probe each second, and five witnesses in each of at most two rounds
    expect(questions).toBeLessThanOrEqual((QUIET / 1000) * 1.25 + 2 * 6);
  });

  it("writes each record once for each change", async () => {
    for (let number = 0; number < CHANGES; number += 1) changes.push(await crowd.change());
    expect(changes.map(({ writes }) => writes.length)).toEqual(changes.map(() => RECORDS.length));
    const writers = new Set(changes.flatMap(({ writes }) => writes.map(({ pod }) => pod)));
    expect([...writers]).toEqual([(await crowd.fleet.leader()).pod.name]);
  });

  it("has the records right within 2 s after its leader has seen the change", () => {
    const toRight = changes.map((change) => change.toRight);
    console.log(`from a probe to the records: ${inSeconds(toRight)}`);
    expect(figuresOf(toRight).worst).toBeLessThan(2000);
  });

  it("tells all agents within a second", () => {
    const told = changes.flatMap((change) => change.told);
    console.log(`from the ConfigMap to each agent: ${inSeconds(told)}`);
    expect(figuresOf(told).p99).toBeLessThan(1000);
  });

  it("writes nothing when all pods are restarted, in order or not", async () => {
    const known = crowd.outside.writes.length;
    await crowd.restart("SIGTERM");
    await crowd.quiet(FIRST_ROUND);
    await crowd.restart("SIGKILL");
    await crowd.quiet(FIRST_ROUND);
    expect(crowd.outside.writes.slice(known)).toEqual([]);
  });

  it("writes each record once when the address changed while no pod ran", async () => {
    const known = crowd.outside.writes.length;
    await crowd.restart("SIGKILL", () => void crowd.outside.move());
    await crowd.quiet(FIRST_ROUND);
    expect(crowd.outside.writes.slice(known)).toHaveLength(RECORDS.length);
  });

  it("asks for nothing that it may not, and for no Secret", () => {
    const { requests, fleet } = crowd;
    const wrong = requests.filter(({ code, resource }) => code === 403 || resource === "secrets");
    expect(wrong).toEqual([]);
    expect(fleet.operators.flatMap((operator) => operator.others)).toEqual([]);
  });
});
