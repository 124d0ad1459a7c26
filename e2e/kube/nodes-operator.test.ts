import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { cannotBuild } from "../image/requirements.ts";
import { noHome } from "../netlab/home.ts";
import { NAME_SERVERS } from "../netlab/name-servers.ts";
import { pause, until } from "../until.ts";
import { inMebibytes, inSeconds } from "./figures.ts";
import { NAMESPACE, RELEASE } from "./install-chart.ts";
import { Installation, type Move } from "./installation.ts";
import { type NodeName, NODES, SELECTOR } from "./installed-pods.ts";
import { memoryOn } from "./node-pod.ts";
import { timeOf } from "./operator-log.ts";
import { noNodes } from "./programs.ts";
import { SHARED, SharedVersions } from "./shared-versions.ts";

const clusterAnswer = z.object({ agents: z.array(z.object({ node: z.string(), stale: z.boolean() })) });
const SEEN = "Probe: the address seems to have changed";
/** Of an agent that follows, in MiB: 67 and 68 while nobody asks for its metrics. */
const RESIDENT = 70;

describe.skipIf(noNodes() || noHome(...NAME_SERVERS) || cannotBuild())("the operator on nodes", () => {
  let lab: Installation;
  let before: number;
  beforeAll(async () => {
    lab = await Installation.start();
  }, 300_000);
  afterAll(() => lab[Symbol.asyncDispose]());
  beforeEach(() => {
    before = lab.writes;
  });

  /** Since the test began. */
  const writers = () => lab.writers(before);
  const seenAt = (node: NodeName, { at }: Move) => {
    const seen = lab.log(node).find((entry) => entry.message === SEEN && timeOf(entry) >= at - 5);
    return seen && timeOf(seen);
  };

  it("writes a change once, within two seconds of having seen it", async () => {
    const leader = await lab.leader();
    const [changes, sights]: [number[], number[]] = [[], []];
    for (let count = 0; count < 3; count += 1) {
      const move = lab.move();
      const took = await lab.follows(move);
      changes.push(took);
      const seen = await until("the leader's log to say when", () => seenAt(leader, move));
      sights.push(move.at + took - seen);
      await lab.agreed(move.address);
      // Until a probe finds nothing new: the log says only once in a row that one has
      await pause(2000);
    }
    console.log(`change to record right, probing every second: ${inSeconds(changes)}`);
    console.log(`from the leader's probe to record right: ${inSeconds(sights)}`);
    expect(Math.max(...sights)).toBeLessThan(2000);
    expect(writers()).toEqual([leader, leader, leader]);
  });

  it("writes a change once while a node that follows is cut off from the API server", async () => {
    const leader = await lab.leader();
    const cut = NODES.find((node) => node !== leader) ?? "node-1";
    const pod = await lab.podOn(cut);
    onTestFinished(() => lab.nodes.partition(cut, "off"));
    await lab.nodes.partition(cut, "api");
    const move = lab.move();
    await lab.follows(move);
    await pause(3000);
    expect(await lab.metrics(pod)).not.toContain(move.address);
    await lab.nodes.partition(cut, "off");
    const took = await lab.agreed(move.address, { pods: [pod] });
    console.log(`follower cut off from the API server: agrees ${took} ms after healing`);
    expect(writers()).toEqual([leader]);
  });

  it("has another leader while its node is cut off from the API server, and one write a change", async () => {
    const cut = await lab.leader();
    const pod = await lab.podOn(cut);
    const start = Date.now();
    onTestFinished(() => lab.nodes.partition(cut, "off"));
    await lab.nodes.partition(cut, "api");
    const next = await lab.leader(cut);
    console.log(`leader cut off from the API server: another one leads after ${Date.now() - start} ms`);
    const move = lab.move();
    console.log(`and the record is right ${await lab.follows(move)} ms after a change`);
    const isFound = () => lab.log(cut).some((entry) => timeOf(entry) > move.at && isDone(entry.message));
    await until("the one that was cut off to find it done in its turn", isFound, 30_000);
    await lab.nodes.partition(cut, "off");
    const took = await lab.agreed(move.address, { pods: [pod] });
    console.log(`leader cut off from the API server: agrees ${took} ms after healing`);
    expect(writers()).toEqual([next]);
  });

  it("writes nothing from a node that was frozen, once another one leads", async () => {
    const frozen = await lab.leader();
    const pod = await lab.podOn(frozen);
    const [first, start] = [lab.move(), Date.now()];
    await until("the leader to see a change", () => seenAt(frozen, first) !== undefined);
    onTestFinished(() => lab.nodes.freeze(frozen, false));
    await lab.nodes.freeze(frozen, true);
    const next = await lab.leader(frozen);
    console.log(`leader frozen in the middle of a change: another one leads after ${Date.now() - start} ms`);
    await lab.follows(first);
    const second = lab.move();
    await lab.follows(second);
    const led = writers();
    console.log(`written by ${led.join(" and ")}; ${frozen} was frozen, ${next} led`);
    expect(led).toHaveLength(2);
    expect(led[1]).toBe(next);
    await lab.nodes.freeze(frozen, false);
    await lab.agreed(second.address, { pods: [pod] });
    await pause(5000);
    expect(writers()).toEqual(led);
    expect(await lab.leader()).toBe(next);
  });

  it("goes on without a node whose power is gone, and takes it in again when it boots", async () => {
    const gone = await lab.leader();
    const start = Date.now();
    onTestFinished(() => lab.boot(gone));
    await lab.nodes.kill(gone);
    const next = await lab.leader(gone);
    console.log(`leader's node powered off: another one leads after ${Date.now() - start} ms`);
    const move = lab.move();
    await lab.follows(move);
    const booting = Date.now();
    await lab.boot(gone);
    // Its pod is the same one, with another address
    const isBack = async () => (await lab.podOn(gone)).restarts > 0 && (await lab.podOn(gone)).address !== "";
    await until("its pod to run again", isBack, 60_000);
    await lab.agreed(move.address);
    console.log(`and it agrees ${Date.now() - booting} ms after it was switched on`);
    expect(writers()).toEqual([next]);
  });

  it("stays where it is while a node is cordoned and drained", async () => {
    const leader = await lab.leader();
    const identities = async () => (await lab.pods()).map(({ uid, restarts }) => `${uid} ${restarts}`);
    const known = await identities();
    const words = ["--ignore-daemonsets", "--delete-emptydir-data", "--timeout=60s"];
    onTestFinished(() => lab.nodes.kubectl("uncordon", leader).then(() => {}));
    await lab.nodes.kubectl("drain", leader, ...words);
    const move = lab.move();
    await lab.follows(move);
    await lab.nodes.kubectl("uncordon", leader);
    await lab.agreed(move.address);
    expect(await identities()).toEqual(known);
    expect(writers()).toEqual([leader]);
  });

  it("writes from another node when the leader's does not reach the provider", async () => {
    const leader = await lab.leader();
    await using passed = new SharedVersions(lab, "passed");
    const drop = `ip daddr ${lab.names.powerdns.address} drop;`;
    const chains = ["output", "forward"].map(
      (hook) => `chain ${hook} { type filter hook ${hook} priority 0; ${drop} };`,
    );
    const heal = () => lab.nodes.on(leader, ["nft", "delete table inet away"]).then(() => {});
    onTestFinished(heal);
    await lab.nodes.on(leader, ["nft", `table inet away { ${chains.join(" ")} }`]);
    const move = lab.move();
    console.log(`leader's node cut off from the provider: record right after ${await lab.follows(move)} ms`);
    const failure = lab
      .log(leader)
      .findLast(({ message }) => message === "Record not written; it is tried again");
    const since = failure ? Date.now() - timeOf(failure) : Number.NaN;
    console.log(`of which ${since} ms at most after the leader's request had failed`);
    await passed.until("the node to be named", (value) => value.includes(leader));
    await heal();
    await lab.agreed(move.address);
    await lab.nodes.untilField(
      "{.data.passed}",
      ["configmap", SHARED, "-n", NAMESPACE],
      (is) => is === "{}",
      60_000,
    );
    await pause(5000);
    expect(writers()).toHaveLength(1);
    expect(writers()).not.toContain(leader);
    expect(await lab.leader()).toBe(leader);
  });

  it("writes nothing when all pods are deleted, restarted, and upgraded", async () => {
    const address = await lab.releases.field("{.data.current_ip}", "configmap", SHARED);
    const uids = async () => (await lab.pods()).map(({ uid }) => uid);
    const known = await uids();
    const settled = async () => {
      await lab.nodes.kubectl("rollout", "status", "daemonset", "-n", NAMESPACE, "--timeout=120s");
      await lab.agreed(address);
    };
    const timed = async (what: string, change: () => Promise<unknown>) => {
      const start = Date.now();
      await change();
      await settled();
      console.log(`${what}: all agree after ${((Date.now() - start) / 1000).toFixed(1)} s`);
    };
    await timed("all pods deleted", () =>
      lab.nodes.kubectl("delete", "pod", "-n", NAMESPACE, "-l", SELECTOR),
    );
    await timed("rollout restart", () =>
      lab.nodes.kubectl("rollout", "restart", "daemonset", "-n", NAMESPACE),
    );
    await timed("helm upgrade", () => lab.releases.upgrade(RELEASE, "--set", "config.log.level=debug"));
    await pause(3000);
    expect((await uids()).filter((uid) => known.includes(uid))).toEqual([]);
    expect(writers()).toEqual([]);
  });

  it("weighs what it may weigh", async () => {
    const leader = await lab.leader();
    console.log(`the image: ${(lab.image.size / 1e6).toFixed(1)} MB`);
    for (const node of NODES) {
      const { resident, container, limit } = await memoryOn(lab.nodes, node);
      const shown = [resident, container, limit].map(inMebibytes);
      console.log(`${node}${node === leader ? ", which leads" : ""}: ${shown.join(", ")}`);
      expect(container).toBeLessThan(limit);
      if (node !== leader) expect(resident).toBeLessThanOrEqual(RESIDENT);
    }
  });

  it("says what it did where people look, and shows its cluster through a port-forward", async () => {
    const described = await lab.nodes.kubectl("describe", "configmap", SHARED, "-n", NAMESPACE);
    expect(described).toMatch(/^Events:$[^]*Normal +RecordChanged .*esddns/m);
    const { name } = await lab.podOn(await lab.leader());
    await using forward = lab.nodes.start(["kubectl", "port-forward", "-n", NAMESPACE, name, ":51339"]);
    const port = await forward.until("its port", () => /127\.0\.0\.1:(\d+) ->/.exec(forward.stdout)?.[1]);
    const get = (target: string) => lab.nodes.runWell(["curl", "-sS", `http://127.0.0.1:${port}${target}`]);
    const agents = await until("it to have heard of all agents", async () => {
      const found = clusterAnswer.parse(JSON.parse(await get("/api/v1/cluster"))).agents;
      return found.length === NODES.length && found;
    });
    expect(agents).toEqual(NODES.map((node) => ({ node, stale: false })));
    const page = await get("/cluster");
    for (const node of NODES) expect(page).toContain(node);
  });
});

function isDone(message: string): boolean {
  return message === "Record was right already; nothing was written" || message === "Record found right";
}
