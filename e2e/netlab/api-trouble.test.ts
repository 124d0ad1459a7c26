import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pause } from "../until.ts";
import { Gandi } from "./gandi.ts";
import { buildHome, type Home, noHome } from "./home.ts";
import { Resident, tell } from "./resident.ts";

describe.skipIf(noHome())("a home whose DNS provider is in trouble", () => {
  let home: Home;
  beforeAll(() => {
    home = buildHome();
    home.delay(20);
  });
  afterAll(() => home.down());

  it("a second change soon after the first one is written over a connection of its own", async () => {
    await using gandi = await Gandi.start(home, 1);
    using resident = new Resident(home, gandi.settings());
    await using daemon = await resident.daemon();
    await gandi.untilIs(home.wan);
    const changedAt = home.changeWan("44.128.25.2");
    const { at } = await gandi.untilIs("44.128.25.2");
    tell("HTTPS provider, probing every second: change-wan to the record right", at - changedAt);
    expect(at - changedAt).toBeLessThan(2500);
    expect(gandi.writes).toHaveLength(2);
    const lost = "Record sent, but the answer was lost; it is read again before the next write";
    expect(daemon.entries(lost)).toEqual([]);
  });

  describe("that", () => {
    let wan: string;
    beforeAll(() => {
      wan = "44.128.25.2";
    });

    it.concurrent("answers 500 twice: it is tried again after 2 and 4 s, and then right", async () => {
      await using gandi = await Gandi.start(home, 2);
      gandi.order({
        kind: "fault",
        fault: { kind: "status", status: 500 },
        options: { on: "write", times: 2 },
      });
      using resident = new Resident(home, gandi.settings());
      await using _ = await resident.daemon();
      const { at } = await gandi.untilIs(wan, 30_000);
      const [first, second, third, ...more] = gandi.writes;
      tell("API answers 500 twice: first attempt to the record right", at - (first?.at ?? 0));
      expect(more).toEqual([]);
      expect([first?.status, second?.status]).toEqual([500, 500]);
      expect(second!.at - first!.at).toBeGreaterThanOrEqual(1900);
      expect(third!.at - second!.at).toBeGreaterThanOrEqual(3900);
      expect(at - first!.at).toBeLessThan(12_000);
    });

    it.concurrent("answers 429 with Retry-After 60: it is left alone for a minute, and then right", async () => {
      await using gandi = await Gandi.start(home, 3);
      const tooMany = { kind: "status", status: 429, headers: { "retry-after": "60" } } as const;
      gandi.order({ kind: "fault", fault: tooMany, options: { on: "write" } });
      using resident = new Resident(home, gandi.settings());
      await using daemon = await resident.daemon();
      await daemon.roundNow();
      const { at } = await gandi.untilIs(wan, 70_000);
      const [refused, ...later] = gandi.writes;
      expect(refused?.status).toBe(429);
      expect(later).toHaveLength(1);
      tell("API answers 429, Retry-After 60: to the next call", at - (refused?.at ?? 0));
      const meanwhile = gandi.requests.filter(
        (call) => call.at > refused!.at && call.at < refused!.at + 59_000,
      );
      expect(meanwhile).toEqual([]);
      expect(at - refused!.at).toBeGreaterThanOrEqual(59_900);
      expect(at - refused!.at).toBeLessThan(66_000);
    }, 90_000);

    it.concurrent("does the work and loses the answer: it is read, and not written again", async () => {
      await using gandi = await Gandi.start(home, 4);
      gandi.order({ kind: "fault", fault: { kind: "close", applied: true }, options: { on: "write" } });
      using resident = new Resident(home, gandi.settings());
      await using daemon = await resident.daemon();
      await daemon.says("Record sent, but the answer was lost; it is read again before the next write");
      await pause(6000);
      await daemon.roundNow();
      expect(gandi.writes).toHaveLength(1);
      const afterwards = gandi.requests.slice(
        gandi.requests.findIndex(({ effect }) => effect === "write") + 1,
      );
      expect(afterwards.length).toBeGreaterThan(0);
      expect(afterwards.every(({ effect }) => effect === "read")).toBe(true);
      const { status, outcomes } = await resident.report("sync");
      expect({ status, outcomes }).toEqual({ status: 0, outcomes: [] });
    });

    it.concurrent("loses its answer to a changing address: the new one is published all the same", async () => {
      using elsewhere = buildHome();
      await using gandi = await Gandi.start(elsewhere, 1);
      using resident = new Resident(elsewhere, gandi.settings());
      await using daemon = await resident.daemon();
      await gandi.untilIs(elsewhere.wan);
      gandi.order({ kind: "latency", ms: 1500 });
      elsewhere.changeWan("44.128.25.1");
      await daemon.says("Probe: the address seems to have changed");
      await pause(700);
      const changedAt = elsewhere.changeWan("44.128.25.2");
      const { at } = await gandi.untilIs("44.128.25.2", 50_000);
      tell("changed during an update that takes 1.5 s: to the record right", at - changedAt);
      expect(gandi.writes.map(({ values }) => values.join())).toEqual([
        elsewhere.wan,
        "44.128.25.1",
        "44.128.25.2",
      ]);
      expect(at - changedAt).toBeLessThan(45_000);
    }, 90_000);

    it.concurrent("answers 401: it is asked once, and again when a person asks for a round", async () => {
      await using gandi = await Gandi.start(home, 5);
      gandi.order({
        kind: "fault",
        fault: { kind: "status", status: 401 },
        options: { on: "write", times: 9 },
      });
      using resident = new Resident(home, gandi.settings());
      await using daemon = await resident.daemon();
      expect(gandi.writes).toHaveLength(1);
      for (let round = 0; round < 5; round += 1) await daemon.roundNow();
      expect(gandi.writes).toHaveLength(6);
      expect(daemon.entries("Record written")).toEqual([]);
    });
  });
});
