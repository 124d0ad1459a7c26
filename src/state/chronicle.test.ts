import { describe, expect, it } from "vitest";
import { ProviderError } from "#core/errors.ts";
import { Chronicle } from "#state/chronicle.ts";
import { familiesOf } from "#state/initial-state.ts";
import type { State } from "#state/state.ts";
import type { MemoryStore } from "#store/memory-store.ts";
import { desired, EngineWorld, finish, NEVER, type WorldOptions } from "#testing/engine-world.ts";

const TRUTH = "44.128.10.77";
const NEXT = "44.128.20.5";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

interface Watched {
  readonly each: EngineWorld;
  readonly archive: MemoryStore;
  readonly chronicle: Chronicle;
  /** Titles, oldest first. */
  readonly told: () => readonly string[];
  readonly kinds: () => readonly string[];
  readonly state: () => State;
}

/** Runs a daemon's engine with a chronicle while the act goes on. */
async function watch(
  act: (watched: Watched) => Promise<void>,
  options: WorldOptions = {},
  prepare: (each: EngineWorld) => void = (each) => void each.established(TRUTH),
): Promise<Watched> {
  const each = new EngineWorld({ seed: 7, ...options });
  prepare(each);
  const records = options.records ?? [desired()];
  const engine = each.engine();
  const archive = each.store;
  const chronicle = new Chronicle({
    subjects: {
      families: familiesOf(records),
      records: each.engineOptions().records,
      providers: [
        { name: "home", type: "memory", title: "Memory", limit: each.provider.capabilities.pacing },
      ],
      witnesses: each.witnesses,
    },
    archive,
    clock: each.clock,
    budgetOf: () => 999,
  });
  engine.subscribe(chronicle.learn);
  const watched: Watched = {
    each,
    archive,
    chronicle,
    told: () =>
      archive
        .happenings(100)
        .map(({ title }) => title)
        .toReversed(),
    kinds: () =>
      archive
        .happenings(100)
        .map(({ kind }) => kind)
        .toReversed(),
    state: () => chronicle.state(),
  };
  const end = engine.run(NEVER);
  await each.clock.advance(MINUTE);
  await act(watched);
  await finish(each.clock, engine.stop());
  await finish(each.clock, end);
  chronicle.close();
  return watched;
}

describe("the state", () => {
  it("says before the first event what an earlier process left behind", () => {
    const each = new EngineWorld().established(TRUTH);
    const records = [desired()];
    const chronicle = new Chronicle({
      subjects: { families: [4], records, providers: [], witnesses: each.witnesses },
      archive: each.store,
      clock: each.clock,
      budgetOf: () => undefined,
    });
    const state = chronicle.state();
    expect(state.families[0]).toMatchObject({ family: 4, address: { text: TRUTH }, decided: undefined });
    expect(state.records[0]).toMatchObject({
      condition: { kind: "unknown" },
      published: { values: [{ text: TRUTH }] },
    });
    expect(state.witnesses.every(({ latest }) => latest === undefined)).toBe(true);
  });

  it("has every record in sync and every witness that was heard agreeing on a good day", async () => {
    await watch(async ({ each, state }) => {
      await each.clock.advance(HOUR);
      const now = state();
      expect(now.records.map(({ condition }) => condition.kind)).toEqual(["in-sync"]);
      const heard = now.witnesses.flatMap(({ latest }) => latest?.answer.kind ?? []);
      expect(new Set(heard)).toEqual(new Set(["agrees", "unneeded"]));
      expect(now.families[0]?.trouble).toBeUndefined();
      const age = each.clock.date().getTime() - (now.families[0]?.confirmedAt?.getTime() ?? 0);
      expect(age).toBeLessThan(20 * SECOND);
      expect(now.next.round?.getTime()).toBeGreaterThan(each.clock.date().getTime());
      expect(now.providers[0]).toMatchObject({ budget: 999, trouble: undefined });
      expect(now.lately).toEqual([]);
    });
  });

  it("follows an address that moves: verdict, record, history and what is told", async () => {
    const { told, archive } = await watch(async ({ each, state }) => {
      each.move(NEXT);
      await each.clock.advance(MINUTE);
      expect(state().families[0]).toMatchObject({ address: { text: NEXT } });
      expect(state().records[0]).toMatchObject({
        condition: { kind: "in-sync" },
        published: { values: [{ text: NEXT }] },
        changed: { reason: "address-changed" },
      });
    });
    expect(told()).toEqual([`The IPv4 address is now ${NEXT}`, `home.example.org A is now ${NEXT}`]);
    const [entry] = archive.history(1);
    expect(entry?.operators?.length).toBeGreaterThanOrEqual(2);
    expect(entry?.sight).toBeGreaterThanOrEqual(entry?.took ?? 0);
  });

  it("has a record failed in the provider's words until it is right again, and tells both once", async () => {
    const { kinds } = await watch(async ({ each, state }) => {
      const error = new ProviderError("Cannot write: 500", { code: "server-error" });
      each.provider.script = () => ({ kind: "failed", error });
      each.move(NEXT);
      await each.clock.advance(HOUR);
      expect(state().records[0]?.condition).toMatchObject({ kind: "failed", words: "Cannot write: 500" });
      expect(state().providers[0]?.trouble).toMatchObject({ words: "Cannot write: 500" });
      each.provider.script = () => undefined;
      await each.clock.advance(HOUR);
      expect(state().records[0]?.condition.kind).toBe("in-sync");
      expect(state().providers[0]?.trouble).toBeUndefined();
    });
    expect(kinds()).toEqual(["address-changed", "record-failed", "record-recovered", "record-changed"]);
  });

  it("tells refused credentials once", async () => {
    const { kinds } = await watch(async ({ each }) => {
      each.provider.script = () => ({ kind: "refused", cause: "authentication", words: "who are you" });
      each.move(NEXT);
      await each.clock.advance(5 * HOUR);
    });
    expect(kinds()).toEqual(["address-changed", "credentials-refused", "record-failed"]);
  });

  it("knows a line that is down and back, and keeps the address it had", async () => {
    const { kinds, archive } = await watch(async ({ each, state }) => {
      each.move("offline");
      await each.clock.advance(HOUR);
      expect(state().families[0]).toMatchObject({
        address: { text: TRUTH },
        trouble: { kind: "unavailable" },
      });
      const answers = state().witnesses.flatMap(({ latest }) => latest?.answer ?? []);
      expect(answers.some(({ kind }) => kind === "unneeded")).toBe(false);
      expect(answers).toContainEqual({
        kind: "silent",
        words: expect.stringMatching(/^Cannot ask "[^"]+": no answer came within \d+ ms$/),
      });
      expect(state().records[0]?.condition.kind).toBe("kept");
      each.move(TRUTH);
      await each.clock.advance(HOUR);
      expect(state().families[0]?.trouble).toBeUndefined();
    });
    expect(kinds().filter((kind) => kind.startsWith("address"))).toEqual(["address-lost", "address-settled"]);
    expect(archive.episodes(4, new Date(0)).map(({ kind }) => kind)).toEqual([
      "known",
      "unavailable",
      "known",
    ]);
  });

  it("tells a dispute once, and nothing of an IPv6 that never was", async () => {
    const records = [desired(), desired("home.example.org", "AAAA")];
    const { kinds } = await watch(
      async ({ each, state }) => {
        for (const [index, witness] of each.witnesses.entries())
          witness.behaviour = { says: `44.128.66.${index + 1}` };
        await each.clock.advance(2 * HOUR);
        expect(state().families[0]?.trouble?.kind).toBe("disputed");
      },
      { records, truth6: "offline" },
    );
    expect(kinds().filter((kind) => kind.startsWith("address"))).toEqual(["address-disputed"]);
  });

  it("shows a liar differing, since when, and quarantined", async () => {
    const { kinds } = await watch(async ({ each, state }) => {
      const [liar] = each.witnesses;
      if (liar) liar.behaviour = { says: "44.128.66.6" };
      await each.clock.advance(4 * HOUR);
      const shown = state().witnesses.find(({ witness }) => witness.id === liar?.id);
      expect(shown).toMatchObject({
        quarantine: { reason: "dissent" },
        latest: { answer: { kind: "differs", address: { text: "44.128.66.6" } } },
      });
      expect(shown?.differsSince?.getTime()).toBeLessThan(shown?.quarantine?.since.getTime() ?? 0);
    });
    expect(kinds().slice(0, 2)).toEqual(["witness-differs", "witness-quarantined"]);
  });

  it("has a day without a daemon as unwatched", () => {
    const each = new EngineWorld().established(TRUTH);
    const archive = each.store;
    const now = each.clock.date().getTime();
    const at = new Date(now - 24 * HOUR);
    const since = new Date(now - 48 * HOUR);
    archive.setBelief({ family: 4, kind: "known", since, lastRound: at, for: [], against: [] });
    const chronicle = new Chronicle({
      subjects: { families: [4], records: [], providers: [], witnesses: [] },
      archive,
      clock: each.clock,
      budgetOf: () => undefined,
    });
    chronicle.close();
    expect(archive.episodes(4, new Date(0)).map(({ kind, from }) => [kind, from])).toEqual([
      ["known", since],
      ["unwatched", at],
    ]);
  });

  it("counts questions and answers by spans of a quarter of an hour", async () => {
    const { archive } = await watch(async ({ each }) => {
      const [first] = each.witnesses;
      if (first) first.behaviour = "silent";
      await each.clock.advance(2 * HOUR);
    });
    const measures = archive.measures(4, new Date(0));
    const spans = new Set(measures.map(({ at }) => at.getTime()));
    expect(spans.size).toBeGreaterThanOrEqual(8);
    const silent = measures.filter(
      ({ witness, at }) => witness.includes("udp0") && at > (measures[0]?.at ?? 0),
    );
    expect(silent.every(({ answered, roundTrip }) => answered === 0 && roundTrip === undefined)).toBe(true);
    const heard = measures.filter(({ answered }) => answered > 0);
    expect(heard.every(({ agreed, answered, differed }) => agreed === answered && differed === 0)).toBe(true);
    expect(heard.every(({ roundTrip }) => (roundTrip?.min ?? 0) > 0)).toBe(true);
  });

  it("passes on what no event of the engine says", async () => {
    const told: string[] = [];
    const { kinds } = await watch(async ({ each, chronicle, state }) => {
      chronicle.subscribe(({ event, happenings }) => {
        if (!event) told.push(...happenings.map(({ title }) => title));
      });
      const happening = { kind: "token-expiring", at: each.clock.date(), title: "The token ends" } as const;
      chronicle.tell(happening);
      expect(state().lately).toEqual([happening]);
    });
    expect(told).toEqual(["The token ends"]);
    expect(kinds()).toEqual(["token-expiring"]);
  });
});
