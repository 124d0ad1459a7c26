import { afterEach, describe, expect, it } from "vitest";
import { ClusterWorld, SECOND } from "#testing/cluster-world.ts";
import type { SeenRequest } from "#testing/kube-api.ts";

const HOME = "home.example.org/A";

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

describe("a leader that cannot tell", () => {
  it("writes the change all the same, and nobody else does although all detect for themselves", async () => {
    world = await ClusterWorld.settled();
    const { leader } = world;
    world.api.fail({
      status: 403,
      times: Infinity,
      when: ({ verb, name }) => verb === "update" && name === "esddns-wan-ip",
    });
    await world.advance(700);
    expect(world.roles).toEqual(["alone", "alone", "leading"]);
    world.move(SECOND);
    await world.advance(300);
    expect(world.writers).toEqual([`${leader.name} ${SECOND}`]);
    expect(leader.log.messages("warn")).toEqual(["The shared address cannot be written"]);
    world.api.heal();
    await world.settle();
    await world.advance(300);
    expect(world.shared!.published.get(HOME)?.text).toBe(SECOND);
    expect(world.writes).toHaveLength(1);
  });
});

describe("a leader that counts the agents", () => {
  it("counts on a node within two minutes of its first word, also after an hour", async () => {
    world = new ClusterWorld({ nodes: 4 });
    const [late, ...rest] = world.nodes;
    for (const node of rest) node.start();
    await world.settle();
    await world.advance(3600);
    expect(world.shared!.members).toEqual(["node-2", "node-3", "node-4"]);
    late!.start();
    await world.advance(110);
    expect(world.shared!.members).toEqual(["node-1", "node-2", "node-3", "node-4"]);
  });

  it("leads on without a witness where it may not read them: it knows of nobody else", async () => {
    world = new ClusterWorld();
    const when = ({ verb, name }: SeenRequest) => verb === "get" && name === "esddns-agents";
    world.api.fail({ status: 403, times: Infinity, when });
    world.start();
    const leader = await world.settle();
    leader.isCutOffFromWitnesses = true;
    await world.advance(300);
    expect(world.leaders).toEqual([leader]);
    expect(leader.log.messages("info")).not.toContain("Leading no more");
  });
});
