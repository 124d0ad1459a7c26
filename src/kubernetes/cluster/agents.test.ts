import { beforeEach, describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { Agents } from "#kubernetes/cluster/agents.ts";
import { Census } from "#kubernetes/cluster/census.ts";
import { MAX_NODES } from "#kubernetes/cluster/shared-address-data.ts";
import { fixedRandom } from "#testing/engine-world.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const never = new AbortController().signal;
const WORD = { pod: "esddns-q4mzt", role: { kind: "following" }, at: "2026-03-01T10:00:00Z" };

let clock: ManualClock;
let api: KubeApi;
let census: Census;

beforeEach(() => {
  clock = new ManualClock();
  api = new KubeApi(clock);
  const log = new MemoryLog();
  const client = createKubernetesClient({ transport: api.transport(), clock, purpose: "test" });
  const agents = new Agents({
    client,
    place: { namespace: "home", name: "agents" },
    node: "node-1",
    pod: "esddns-1",
    role: () => ({ kind: "leading" }),
    clock,
    random: fixedRandom(1),
    log,
  });
  census = new Census({ agents, node: "node-1", clock, log, onChange: () => {} });
});

/** Somebody who may write to that ConfigMap. */
async function say(data: Readonly<Record<string, string>>): Promise<void> {
  api.objects.put("v1/home/configmaps", "home", "agents", { data });
  await census.read(never);
}

describe("what agents say of themselves", () => {
  it("is read", async () => {
    await say({ "node-2": JSON.stringify(WORD) });
    expect(census.agents).toMatchObject([
      { node: "node-2", pod: "esddns-q4mzt", role: { kind: "following" } },
    ]);
    expect(census.members).toEqual(["node-1", "node-2"]);
  });

  it.each([
    ["no date", { ...WORD, at: "soon" }],
    ["a command for whoever copies it", { ...WORD, pod: "x; reboot" }],
    ["another one", { ...WORD, pod: "$(reboot)" }],
    ["a page", { ...WORD, pod: "<script>" }],
    ["no role", { ...WORD, role: { kind: "__proto__" } }],
    ["nothing", null],
  ])("is left out when it is %s", async (_, word) => {
    await say({ "node-2": JSON.stringify(word), "node-3": JSON.stringify(WORD) });
    expect(census.agents.map(({ node }) => node)).toEqual(["node-3"]);
  });

  it("is left out when it is of no node", async () => {
    await say({ _: JSON.stringify(WORD), "A.b": JSON.stringify(WORD), ["__proto__"]: JSON.stringify(WORD) });
    expect(census.agents).toEqual([]);
  });

  it("of more nodes than there can be drives nobody out, and leaves the shared address readable", async () => {
    await say({ "node-2": JSON.stringify(WORD) });
    const many = Array.from({ length: 20_000 }, (_, index) => [`a${index}`, JSON.stringify(WORD)] as const);
    await say({ ...Object.fromEntries(many), "node-2": JSON.stringify(WORD) });
    expect(census.members).toHaveLength(MAX_NODES);
    expect(census.members).toContain("node-2");
  });

  it("is taken away an hour after the last of it, once, also where it cannot be read again", async () => {
    const stop = new AbortController();
    await say({ "node-2": JSON.stringify(WORD), "node-3": JSON.stringify(WORD) });
    const kept = census.keep(milliseconds(100_000), () => {}, stop.signal);
    await clock.advance(1_800_000);
    await say({
      "node-2": JSON.stringify({ ...WORD, at: "2026-03-01T10:30:00Z" }),
      "node-3": JSON.stringify(WORD),
    });
    await clock.advance(1_750_000);
    api.fail({ status: 503, times: Infinity, when: ({ verb }) => verb === "get" });
    await clock.advance(1_000_000);
    const patches = api.requests.filter(({ verb }) => verb === "patch").map(({ body }) => body);
    expect(patches).toEqual([JSON.stringify({ data: { "node-3": null } })]);
    stop.abort();
    await kept;
  });
});
