import { describe, expect, it } from "vitest";
import type { Family } from "#core/address.ts";
import type { Measure } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { operator, type Witness } from "#core/witness.ts";
import { sourcesModel } from "#service/pages/sources-model.ts";
import type { Answer, WitnessState } from "#state/state.ts";
import { address } from "#testing/engine-world.ts";
import { serviceWorld } from "#testing/service-world.ts";

const NOW = new Date("2026-03-14T08:00:00Z");
const AGREES: Answer = { kind: "agrees", address: address("203.0.113.77") };
const SILENT: Answer = { kind: "silent", words: "no answer within 3 s" };

function witness(id: string, more: Partial<Witness> = {}): Witness {
  return {
    id,
    source: id.startsWith("http:") ? "http" : "stun",
    operator: operator("alpha"),
    authenticated: id.startsWith("http:"),
    families: [4, 6],
    decisive: true,
    fallback: false,
    ...more,
  };
}

function state(
  id: string,
  answer: Answer | "not asked" = AGREES,
  more: Partial<WitnessState> = {},
  family: Family = 4,
): WitnessState {
  return {
    witness: witness(id),
    family,
    latest: answer === "not asked" ? undefined : { answer, at: NOW, elapsed: milliseconds(11) },
    differsSince: undefined,
    quarantine: undefined,
    recent: [],
    ...more,
  };
}

const UDP = ["stun:a.example:3478:udp", "stun:b.example:3478:udp"] as const;
const rowOf = (each: WitnessState, measures: readonly Measure[] = []) => {
  const row = sourcesModel({ witnesses: [each], families: [] }, measures).groups[0]?.families[0]?.rows[0];
  if (!row) throw new Error("no row");
  return row;
};

describe("the sources' view", () => {
  it("has a group for each kind of source that there is, in the order in which they are asked, families apart", () => {
    const { groups } = sourcesModel(
      {
        witnesses: [state("http:https://ip.example/"), state(UDP[0]), state(UDP[0], AGREES, {}, 6)],
        families: [],
      },
      [],
    );
    expect(
      groups.map(({ title, families }) => [
        title,
        families.map(({ label, rows }) => `${label} ${rows.length}`),
      ]),
    ).toEqual([
      ["STUN", ["IPv4 1", "IPv6 1"]],
      ["HTTP", ["IPv4 1"]],
    ]);
  });

  it.each([
    ["stun:a.example:3478:udp", "STUN over UDP", "a.example:3478"],
    ["stun:a.example:5349:tls", "STUN over TLS", "a.example:5349"],
    ["http:https://ip.example/", "HTTPS", "https://ip.example/"],
  ])("tells how %s is reached", (id, by, peer) => {
    expect(rowOf(state(id))).toMatchObject({ by, peer });
  });

  it.each([
    ["agrees", AGREES, "203.0.113.77"],
    ["differs", { kind: "differs", address: address("198.51.100.9") }, "198.51.100.9"],
    [
      "rejected",
      { kind: "rejected", address: address("10.0.0.1"), words: "private" },
      "10.0.0.1 does not count: private",
    ],
    ["silent", SILENT, "no answer within 3 s"],
    ["unknown", "not asked", "not asked yet"],
    ["unneeded", { kind: "unneeded" }, "not needed: the round was decided before"],
  ] as const)("stands as %s", (standing, answer, words) => {
    expect(rowOf(state(UDP[0], answer))).toMatchObject({ standing, words });
  });

  it("tells of one in quarantine why and until when, with its last answer", () => {
    const until = new Date(NOW.getTime() + 60_000);
    const row = rowOf(state(UDP[0], AGREES, { quarantine: { reason: "dissent", since: NOW, until } }));
    expect(row).toMatchObject({
      standing: "quarantined",
      words: "203.0.113.77",
      quarantine: { words: "it keeps contradicting the others", until },
    });
  });

  it("tells the last round trip, even when there was no answer since", () => {
    const recent = [
      { at: NOW, elapsed: milliseconds(9) },
      { at: NOW, elapsed: milliseconds(12) },
      { at: NOW },
    ];
    expect(rowOf(state(UDP[0], SILENT, { recent }))).toMatchObject({
      roundTrip: 12,
      recent,
    });
  });

  it("sums the day's questions of that family alone", () => {
    const measure = (family: Family, answered: number): Measure => ({
      at: NOW,
      family,
      witness: UDP[0],
      operator: operator("alpha"),
      asked: 4,
      answered,
      agreed: answered,
      differed: 0,
    });
    expect(rowOf(state(UDP[0]), [measure(4, 4), measure(4, 3), measure(6, 1)]).day).toEqual({
      asked: 8,
      answered: 7,
      differed: 0,
    });
  });
});

describe("advice on silence", () => {
  const adviceOn = (...witnesses: readonly WitnessState[]) =>
    sourcesModel({ witnesses, families: [] }, []).advice;

  it("is not given while one of a kind answers", () => {
    expect(adviceOn(state(UDP[0], SILENT), state(UDP[1]), state("http:https://ip.example/"))).toEqual([]);
  });

  it("names the kind that is silent, and what to do", () => {
    const [advice, ...more] = adviceOn(
      state(UDP[0], SILENT),
      state(UDP[1], SILENT),
      state("http:https://ip.example/"),
    );
    expect(advice).toMatch(/^None of the 2 witnesses by STUN over UDP answers over IPv4\. A firewall/);
    expect(more).toEqual([]);
  });

  it("names the family when nobody answers over it", () => {
    const advice = adviceOn(
      state(UDP[0]),
      state(UDP[0], SILENT, {}, 6),
      state("http:https://ip.example/", SILENT, {}, 6),
    );
    expect(advice).toEqual([expect.stringContaining("No witness answers over IPv6")]);
  });

  it("names the line when nobody answers at all", () => {
    const advice = adviceOn(state(UDP[0], SILENT), state("http:https://ip.example/", SILENT, {}, 6));
    expect(advice).toEqual([expect.stringContaining("the line seems to be down")]);
  });
});

describe("the sources' view of a pod that follows", () => {
  it("has the leader's word alone, without a round trip, and no advice on those that it does not ask", async () => {
    const { context, close } = await serviceWorld("following");
    const model = sourcesModel(context.state(), []);
    await close();
    expect(model.isTold).toBe(true);
    expect(model.advice).toEqual([]);
    expect(model.groups).toMatchObject([
      {
        kind: "cluster",
        title: "The cluster's shared address",
        summary: "2 of 2 answered last",
        families: [
          { label: "IPv4", rows: [{ peer: "esddns-wan-ip", roundTrip: undefined, recent: [] }] },
          { label: "IPv6", rows: [{}] },
        ],
      },
    ]);
  });
});
