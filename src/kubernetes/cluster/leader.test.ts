import { afterEach, describe, expect, it } from "vitest";
import { isFields } from "#kubernetes/api/object.ts";
import { OBJECTS, type WorldNode } from "#testing/cluster-world/node.ts";
import { ClusterWorld, FIRST, LEASES, SECOND } from "#testing/cluster-world.ts";
import { recordId } from "#core/record.ts";
import { milliseconds } from "#core/units.ts";
import { desired, NEVER } from "#testing/engine-world.ts";

const RECORDS = [desired(), desired("vpn.example.org"), desired("www.example.org")];
const IDS = RECORDS.map(recordId);

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

/** Calls something once, at the n-th time. */
function once(act: () => unknown, nth = 1): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count === nth) act();
  };
}

type Moment = (leader: WorldNode, act: () => unknown) => void;

const MOMENTS: Readonly<Record<string, Moment>> = {
  "right before it reads": (leader, act) => {
    // The first reading is the plan's, the second one of whoever compares before it writes
    leader.onRead = once(act, 1);
  },
  "between reading and writing": (leader, act) => {
    leader.onRead = once(act, 2);
  },
  "while its first write is on its way": (leader, act) => {
    leader.onSend = once(act, 1);
  },
  "in the middle of several records": (leader, act) => {
    leader.onSend = once(act, 2);
  },
  "while it tells the others the address": (leader, act) => {
    const strike = once(act);
    leader.onAsk = ({ method, target }) => {
      if (method === "PUT" && target.includes("configmaps/esddns-wan-ip")) strike();
    };
  },
  "while it tells the others that the records are right": (leader, act) => {
    let isWritten = false;
    const strike = once(act);
    leader.onSend = () => (isWritten = true);
    leader.onAsk = ({ method, target }) => {
      if (isWritten && method === "PUT" && target.includes("configmaps/esddns-wan-ip")) strike();
    };
  },
};

const ENDS: Readonly<Record<string, (leader: WorldNode) => void>> = {
  killed: (leader) => leader.kill(),
  stopped: (leader) => void leader.stop(),
  "paused for 8 s": (leader) => goOnAfter(leader, 8),
  "paused for 14 s": (leader) => goOnAfter(leader, 14),
  "paused for 40 s": (leader) => goOnAfter(leader, 40),
  "paused for a quarter of an hour": (leader) => goOnAfter(leader, 900),
};

function goOnAfter(leader: WorldNode, seconds: number): void {
  leader.pause();
  const { clock } = world;
  const later = async () => {
    await clock.sleep(milliseconds(seconds * 1000), NEVER);
    await leader.goOn();
  };
  void later();
}

/** Whom the Lease names. */
function holder(): unknown {
  const spec = world.api.objects.get(LEASES, OBJECTS.lease)?.["spec"];
  return isFields(spec) ? (spec["holderIdentity"] ?? "") : "";
}

describe("a leader that goes on after a pause", () => {
  it("follows the next one as soon as it hears of it, and makes no round before", async () => {
    world = new ClusterWorld({ nodes: 3 }).start();
    const leader = await world.settle();
    await world.advance(150);
    leader.pause();
    await world.advance(60);
    const asked = leader.questions.length;
    await leader.goOn();
    await world.advance(1);
    expect(leader.role).toBe("following");
    // A probe that was due already
    expect(leader.questions.length).toBeLessThanOrEqual(asked + 1);
    // It was away, and not the API server
    expect(leader.log.messages("warn")).not.toContain("This node detects for itself");
  });
});

describe("a leader that may not write the list of the agents", () => {
  it("leads on, also when one of them is gone for so long that it is to be forgotten", async () => {
    world = new ClusterWorld({ nodes: 2 }).start();
    const leader = await world.settle();
    await world.advance(150);
    world.followers[0]?.kill();
    world.api.forbid("patch", "configmaps");
    await world.advance(4000);
    world.move(SECOND);
    await world.advance(60);
    expect(world.leaders).toEqual([leader]);
    expect(leader.log.messages("info")).not.toContain("Leading no more");
    expect(world.writes.map(({ node, address }) => [node, address])).toEqual([[leader.name, SECOND]]);
    expect(leader.engine.state().agents.map(({ node, isStale }) => [node, isStale])).toContainEqual([
      world.nodes.find((node) => node !== leader)?.name,
      true,
    ]);
  });
});

describe("a node that is stopped", () => {
  it("when it has just been elected, in the middle of a write, gives the Lease away and ends", async () => {
    world = new ClusterWorld({ nodes: 1, published: SECOND });
    const [node] = world.nodes;
    node!.toApi.cut("refused");
    // It writes as one that is alone, and until that has ended it is nothing else
    node!.onSend = () => {
      node!.toProvider.latency = 4000;
      node!.toApi.mend();
    };
    world.start();
    await world.until(() => world.sent.length === 1, 600, "it writes");
    await world.until(() => holder() !== "", 7, "it is elected");
    expect([node!.role, world.writes]).toEqual(["alone", []]);
    let isOver = false;
    void node!.stop().then(() => (isOver = true));
    await world.until(() => isOver, 20, "it has ended");
    expect([world.values(), holder()]).toEqual([FIRST, ""]);
  });
});

describe.each([10, 100])("a leader of %d", { timeout: 60_000 }, (nodes) => {
  it("that is killed in the middle of several records: the next one writes the others", async () => {
    world = new ClusterWorld({ nodes, records: RECORDS }).start();
    const leader = await world.settle();
    await world.advance(nodes === 100 ? 20 : 150);
    leader.onSend = once(() => leader.kill(), 2);
    world.move(SECOND);
    await world.advance(90);
    expect(world.writes.map(({ record }) => record)).toEqual(IDS);
    expect(IDS.map((id) => world.values(id))).toEqual([SECOND, SECOND, SECOND]);
    expect(world.leaders).toHaveLength(1);
  });
});

describe.each(Object.keys(ENDS))("a leader that is %s", (end) => {
  it.each(Object.keys(MOMENTS))(
    "%s: each record is written once, and by nobody who does not lead",
    async (moment) => {
      world = new ClusterWorld({ nodes: 3, records: RECORDS }).start();
      const leader = await world.settle();
      await world.advance(150);
      let isStruck = false;
      MOMENTS[moment]?.(leader, () => {
        isStruck = true;
        ENDS[end]?.(leader);
      });
      world.move(SECOND);
      await world.advance(90);
      expect(isStruck).toBe(true);
      expect(IDS.map((id) => world.values(id))).toEqual([SECOND, SECOND, SECOND]);
      await world.advance(end.endsWith("hour") ? 1000 : 300);
      expect(IDS.map((id) => world.values(id))).toEqual([SECOND, SECOND, SECOND]);
      expect(world.writes.map(({ record }) => record)).toEqual(IDS);
      expect(world.leaders).toHaveLength(1);
      expect([...world.shared!.published].map(([id, { text }]) => [id, text])).toEqual(
        IDS.map((id) => [id, SECOND]),
      );
    },
  );
});
