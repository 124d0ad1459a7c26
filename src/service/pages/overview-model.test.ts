import { afterAll, describe, expect, it } from "vitest";
import type { Archive } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { overviewModel } from "#service/pages/overview-model.ts";
import type { State } from "#state/state.ts";
import { address, desired } from "#testing/engine-world.ts";
import { type ServiceWorld, serviceWorld, type ServiceWorldKind } from "#testing/service-world.ts";

const worlds = new Map<ServiceWorldKind, Promise<ServiceWorld>>();

/** Each kind is made once: nothing here changes it. */
function worldOf(kind: ServiceWorldKind): Promise<ServiceWorld> {
  const made = worlds.get(kind) ?? serviceWorld(kind);
  worlds.set(kind, made);
  return made;
}

afterAll(async () => {
  for (const made of worlds.values()) await (await made).close();
});

async function modelOf(
  kind: ServiceWorldKind,
  change: (state: State) => State = (state) => state,
  find = "",
) {
  const { state, archive, now, cluster } = (await worldOf(kind)).context;
  return overviewModel(change(state()), archive, now(), { find, cluster: cluster?.() });
}

describe("the overview of a daemon that has lived a while", () => {
  it("says the address, why it is believed, and what comes next", async () => {
    const { title, families } = await modelOf("lived");
    expect(title).toBe("44.128.10.77");
    expect(families[0]).toMatchObject({
      kind: "known",
      address: "44.128.10.77",
      word: "Known.",
      sentence: "4 of 5 operators agree, echo.example differs.",
      counts: "4 agree, 1 differs, 1 silent, 1 quarantined",
    });
    expect(families[0]?.facts.map(({ term }) => term)).toEqual([
      "Confirmed",
      "Yours since",
      "Next probe",
      "Next round",
    ]);
  });

  it("has a mark for each operator, those without a part in it last", async () => {
    const { families } = await modelOf("lived");
    expect(families[0]?.marks.map(({ operator, standing }) => `${operator} ${standing}`)).toEqual([
      "alpha.example quarantined",
      "bravo.example agrees",
      "charlie.example silent",
      "delta.example agrees",
      "echo.example differs",
      "foxtrot.example agrees",
      "golf.example agrees",
      "hotel.example unknown",
    ]);
  });

  it("keeps those who agree apart from those who do not", async () => {
    const { witnesses } = await modelOf("lived");
    const [four] = witnesses;
    expect(four?.groups.map(({ title, rows }) => [title, rows.map(({ operator }) => operator)])).toEqual([
      ["Agree", ["bravo.example", "delta.example", "foxtrot.example", "golf.example"]],
      ["Differ", ["echo.example"]],
      ["Silent", ["charlie.example"]],
      ["Quarantined: not asked for a while", ["alpha.example"]],
    ]);
    expect(four?.idle).toBe(1);
    expect(four?.groups[3]?.rows[0]?.aside?.before).toBe("contradicted the others; asked again in");
  });

  it("says why a witness is silent, and not again who it is", async () => {
    const words =
      'Cannot ask "stun:a.example:3478:udp": Cannot reach "a.example": 3 requests stayed without an answer';
    const { witnesses } = await modelOf("lived", (state) => ({
      ...state,
      witnesses: state.witnesses.map((each) => ({
        ...each,
        quarantine: undefined,
        latest: { answer: { kind: "silent", words }, at: state.startedAt, elapsed: milliseconds(3000) },
      })),
    }));
    expect(witnesses[0]?.groups[0]?.rows[0]).toMatchObject({
      says: "3 requests stayed without an answer",
      roundTrip: undefined,
    });
  });

  it("has every record with its condition, and the provider's own words", async () => {
    const { records } = await modelOf("lived");
    expect(records.summary).toBe("4 of 8 in sync");
    expect(records.rows.map(({ word }) => word)).toEqual([
      "in sync",
      "in sync",
      "in sync",
      "withheld",
      "pending",
      "left as it is",
      "in sync",
      "failed",
    ]);
    expect(records.rows[7]).toMatchObject({
      why: "10000: the token may not edit records of example.net",
      hint: "give it the permission Zone.DNS:Edit for example.net",
    });
    expect(records.rows[2]?.convergence).toBe("everywhere after 2.0 s");
  });

  it("finds records by any word of theirs", async () => {
    const { records } = await modelOf("lived", undefined, " FAILED ");
    expect(records.rows.map(({ id }) => id)).toEqual(["shop.example.net/A"]);
  });

  it("folds away what is in sync when there is much of it", async () => {
    const { records } = await modelOf("lived", (state) => ({
      ...state,
      records: [
        ...state.records,
        ...Array.from({ length: 20 }, (_, index) => ({
          record: desired(`host-${index}.example.org`),
          condition: { kind: "in-sync" as const },
          since: undefined,
          published: undefined,
          changed: undefined,
          verification: undefined,
        })),
      ],
    }));
    expect(records).toMatchObject({ isMany: true, summary: "24 of 28 in sync" });
    expect(records.rows).toHaveLength(4);
    expect(records.folded.map(({ type, published, names }) => [type, ...published, names.length])).toEqual([
      ["A", "44.128.10.77", 2],
      ["AAAA", "2a10:ed1:77::1", 1],
      ["A", "44.128.10.77", "44.140.1.1", 1],
      ["A", 20],
    ]);
  });

  it("does not take an answer from before the address for one against it", async () => {
    const { families } = await modelOf("lived", (state) => {
      const [four, ...others] = state.families;
      if (!four) throw new RangeError("no IPv4");
      const moved = { ...four, address: address("44.128.10.78"), since: new Date(8.64e15) };
      return { ...state, families: [moved, ...others] };
    });
    expect(families[0]?.marks.filter(({ standing }) => standing === "differs")).toEqual([]);
    expect(families[0]?.marks.filter(({ standing }) => standing === "agrees")).toEqual([]);
  });
});

describe("the overview of a pod that follows", () => {
  it("says whose word the address is, and by when it was confirmed", async () => {
    const { families, now } = await modelOf("following");
    expect(families).toMatchObject([
      { kind: "known", address: "44.128.10.77", word: "Known.", sentence: "As the leader on node-1 tells." },
      {
        kind: "known",
        address: "2a10:ed1:77::1",
        word: "Known.",
        sentence: "As the leader on node-1 tells.",
      },
    ]);
    expect(families[0]?.facts.map(({ term, at }) => [term, at > now])).toEqual([
      ["Confirmed", false],
      ["Next round", true],
    ]);
    const confirmed = families[0]?.facts[0]?.at.getTime() ?? 0;
    expect(now.getTime() - confirmed).toBe(42_000);
  });

  it("shows no operator that it has not asked, and no leader as one", async () => {
    const { families, witnesses } = await modelOf("following");
    expect(families.map(({ marks, counts }) => [marks, counts])).toEqual([
      [[], ""],
      [[], ""],
    ]);
    expect(witnesses[0]).toMatchObject({
      groups: [{ title: "Agree", rows: [{ operator: "cluster", by: "the cluster's shared address" }] }],
      idle: 0,
    });
  });

  it("says that the leader tells no address of a family", async () => {
    const { families } = await modelOf("following", (state) => ({
      ...state,
      families: state.families.map((family) => ({
        ...family,
        address: undefined,
        decided: family.decided && {
          ...family.decided,
          verdict: {
            kind: "unavailable",
            family: family.family,
            reason: "no-answer",
            observations: family.decided.verdict.observations,
          },
        },
      })),
    }));
    expect(families[1]).toMatchObject({
      word: "No IPv6 here.",
      sentence: "The leader on node-1 tells none. AAAA records are left alone.",
    });
  });

  it("says of a record whose turn it is", async () => {
    const { records } = await modelOf("following");
    expect(records.rows.filter(({ mark }) => mark !== "ok")).toMatchObject([
      { name: "vpn.example.org", word: "withheld", why: "it is the turn of node-1" },
    ]);
  });
});

describe("the overview of trouble", () => {
  it("says who says what, how long it lasts, and that nothing is changed", async () => {
    const { title, families, records } = await modelOf("troubled");
    expect(title).toBe("Disputed");
    expect(families[0]).toMatchObject({ kind: "disputed", address: "44.128.10.77", word: "Disputed." });
    expect(families[0]?.positions[0]).toEqual({
      address: "44.128.255.1",
      operators: ["alpha.example", "echo.example"],
    });
    expect(families[0]?.facts[0]).toMatchObject({ term: "In dispute for", format: "age" });
    expect(families[1]).toMatchObject({ kind: "unavailable", word: "Not known." });
    // Once, above, and not beside each record
    expect(records.rows.every(({ word, why }) => word === "left as it is" && why === undefined)).toBe(true);
  });

  it("says of a host without IPv6 that it has none, and not that something broke", async () => {
    const { title, families } = await modelOf("troubled", (state) => ({
      ...state,
      families: state.families.map((each) => ({ ...each, address: undefined, since: undefined })),
    }));
    expect(title).toBe("Overview");
    expect(families[1]).toMatchObject({ kind: "absent", word: "No IPv6 here." });
    expect(families[1]?.sentence).toMatch(/AAAA records are left alone\.$/);
  });
});

describe("the overview of a daemon that has just started", () => {
  it("says that it looks", async () => {
    const { title, families, day, records, lately } = await modelOf("empty");
    expect(title).toBe("Overview");
    expect(families.map(({ kind, word }) => [kind, word])).toEqual([
      ["waiting", "Looking."],
      ["waiting", "Looking."],
    ]);
    expect(day.bands).toEqual([]);
    expect(lately).toEqual([]);
    expect(new Set(records.rows.map(({ word }) => word))).toEqual(new Set(["not read yet"]));
  });

  it("shows what an earlier run believed, and that it is not confirmed", async () => {
    const { families } = await modelOf("empty", (state) => ({
      ...state,
      families: state.families.map((each) => ({ ...each, address: address("44.128.10.77") })),
    }));
    expect(families[0]).toMatchObject({
      kind: "waiting",
      address: "44.128.10.77",
      word: "Not confirmed yet.",
    });
  });
});

describe("the last 24 hours", () => {
  const now = new Date("2026-03-14T08:00:00Z");
  const hour = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
  const known = { family: 4, kind: "known" } as const;
  const archive: Pick<Archive, "episodes"> = {
    episodes: (family) =>
      family === 6
        ? [{ family, kind: "unavailable", from: hour(48) }]
        : [
            { ...known, address: address("44.128.10.1"), from: hour(48), until: hour(12) },
            { family, kind: "unavailable", from: hour(12), until: hour(6) },
            { ...known, address: address("44.128.10.2"), from: hour(6) },
          ],
  };

  it("are a band that begins where the day does and ends now", async () => {
    const { context } = await worldOf("empty");
    const { title, bands } = overviewModel(context.state(), archive, now).day;
    expect(title).toBe("The last 24 hours");
    expect(bands).toHaveLength(1);
    expect(bands[0]?.segments.map(({ words, x, width, isNow }) => [words, x, width, isNow])).toEqual([
      ["44.128.10.1, for 36 hours", 0, 50, false],
      ["not known, for 6 hours", 50, 25, false],
      ["44.128.10.2, for 6 hours", 75, 25, true],
    ]);
  });

  it("are less as long as less is known", async () => {
    const { context } = await worldOf("empty");
    const title = (hours: number) => {
      const young = [{ ...known, address: address("44.128.10.2"), from: hour(hours) }];
      const { day } = overviewModel(context.state(), { episodes: () => young }, now);
      return [day.title, day.bands[0]?.segments[0]?.x];
    };
    expect([0.05, 0.5, 3, 12].map(title)).toEqual([
      ["The last 10 minutes", 70],
      ["The last hour", 50],
      ["The last 6 hours", 50],
      ["The last 24 hours", 50],
    ]);
  });
});

describe("a record that waits", () => {
  it("says why without the span that was true when it began, and when it goes on", async () => {
    const until = new Date("2026-03-14T09:00:00Z");
    const { records } = await modelOf("empty", (state) => ({
      ...state,
      records: state.records.slice(0, 1).map((each) => ({
        ...each,
        condition: {
          kind: "withheld" as const,
          words: "the address changes too often",
          until,
        },
        changed: { at: until, reason: "missing" as const, sinceStart: milliseconds(3) },
        verification: {
          kind: "incomplete" as const,
          right: ["ns1"],
          wrong: ["ns2", "ns3"],
          took: milliseconds(9),
        },
      })),
    }));
    expect(records.rows[0]).toMatchObject({
      why: "the address changes too often",
      until,
      convergence: "at 1 of 3 name servers so far",
    });
  });
});
