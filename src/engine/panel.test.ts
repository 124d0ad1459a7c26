import { describe, expect, it } from "vitest";
import { EngineWorld, finish, operators } from "#testing/engine-world.ts";

const TRUTH = "44.128.10.77";
const LIE = "44.128.66.66";

describe("a neighbour who answers in everybody's name over UDP and breaks every TLS connection", () => {
  it("gets all authenticated witnesses into quarantine and still moves no record", async () => {
    const world = new EngineWorld({ witnesses: operators(5, 3), seed: 7 }).established(TRUTH);
    let isInRound = false;
    let isLying = false;
    for (const witness of world.witnesses) {
      witness.behaviour = () => {
        if (witness.authenticated) return { fails: "refused", after: 1 };
        // A lie to a probe starts a round that asks authenticated witnesses, too
        return { says: isLying || !isInRound ? LIE : "honest" };
      };
    }
    const engine = world.engine();
    engine.subscribe(({ kind }) => {
      if (kind === "round-started" || kind === "round-ended") isInRound = kind === "round-started";
    });
    const stop = new AbortController();
    const running = engine.run(stop.signal);
    await world.clock.advance(10 * 60_000);
    const sentenced = world.of("quarantined").filter(({ witness }) => witness.authenticated);
    expect(sentenced).toHaveLength(3);

    isLying = true;
    await world.clock.advance(20 * 60_000);
    expect(world.provider.writes).toEqual([]);
    expect(world.of("decided").at(-1)).toMatchObject({
      verdict: { kind: "unavailable", reason: "unconfirmed" },
      notes: [`${LIE} is not confirmed: no authenticated witness supports it`],
    });

    stop.abort();
    await finish(world.clock, running);
    expect(world.open).toBe(0);
  });
});

describe("the owner of a public list whose servers all lie alike, and first", () => {
  it("moves no record of who has a quorum of servers without the list", async () => {
    const own = [{ operator: "mine" }, { operator: "friend" }];
    const listed = Array.from({ length: 5 }, (_, index) => ({
      operator: `listed${index}`,
      probation: true,
      server: `44.200.${index}.1`,
      behaviour: { says: LIE, after: 5 },
    }));
    const world = new EngineWorld({ witnesses: [...own, ...listed], seed: 3 }).established(TRUTH);
    const engine = world.engine();
    const stop = new AbortController();
    const running = engine.run(stop.signal);
    await world.clock.advance(60 * 60_000);
    expect(world.provider.writes).toEqual([]);
    expect(world.of("decided").at(-1)).toMatchObject({
      verdict: { kind: "known", address: { text: TRUTH } },
    });

    stop.abort();
    await finish(world.clock, running);
  });
});
