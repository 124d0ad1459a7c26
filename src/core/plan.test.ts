import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import { parseDomainName } from "#core/name.ts";
import {
  addressFor,
  type Change,
  changesOf,
  type Decision,
  planChanges,
  type PlanInput,
  rebaseChange,
} from "#core/plan.ts";
import {
  canonicalValues,
  type DesiredRecord,
  familyOf,
  type Reading,
  type RecordId,
  recordId,
  type RecordSet,
} from "#core/record.ts";
import { seconds } from "#core/units.ts";

const NOW = "81.2.69.142";
const OLD = "81.2.69.1";
const FOREIGN = "81.2.69.200";

function ip(text: string): Address {
  return parseAddress(text)!;
}

function known(text: string, basis: "confirms-published" | "quorum" = "quorum"): Verdict {
  const address = ip(text);
  return { kind: "known", family: address.family, address, basis, observations: [], for: [], against: [] };
}

const DISPUTED: Verdict = { kind: "disputed", family: 4, observations: [], positions: [] };
const UNAVAILABLE: Verdict = { kind: "unavailable", family: 4, observations: [], reason: "too-few" };

function wish(
  options: Partial<Omit<DesiredRecord, "name" | "ttl">> & { name?: string; ttl?: number } = {},
): DesiredRecord {
  const { name = "home.example.org", ttl, ...rest } = options;
  return {
    name: parseDomainName(name),
    type: "A",
    provider: "home",
    mode: "replace",
    ...(ttl === undefined ? {} : { ttl: seconds(ttl) }),
    ...rest,
  };
}

function present(
  record: DesiredRecord,
  values: readonly string[],
  more: { ttl?: number; proxied?: boolean } = {},
): Reading {
  const { ttl, proxied } = more;
  const set: RecordSet = {
    name: record.name,
    type: record.type,
    values: values.map(ip),
    ...(ttl === undefined ? {} : { ttl: seconds(ttl) }),
    ...(proxied === undefined ? {} : { proxied }),
  };
  return { kind: "present", set };
}

const ABSENT: Reading = { kind: "absent" };
const UNREAD: Reading = { kind: "unread", error: new Error("no answer") };

interface Scene {
  readonly record?: DesiredRecord;
  readonly verdict?: Verdict | undefined;
  readonly reading?: Reading | undefined;
  readonly published?: string | undefined;
}

/** The decision on a single record. */
function decide(scene: Scene): Decision {
  const record = scene.record ?? wish();
  const verdict = "verdict" in scene ? scene.verdict : known(record.type === "A" ? NOW : "2a00:1::1");
  const [decision, ...others] = planChanges({
    verdicts: new Map(verdict ? [[familyOf(record.type), verdict]] : []),
    desired: [record],
    current: new Map(scene.reading ? [[recordId(record), scene.reading]] : []),
    published: new Map(scene.published === undefined ? [] : [[recordId(record), ip(scene.published)]]),
  });
  expect(others).toEqual([]);
  return decision!;
}

/** `keep unread`, `in-sync 192.0.2.1`, `missing 192.0.2.1,192.0.2.2 60`. */
function words(decision: Decision): string {
  const set = ({ values, ttl }: RecordSet) =>
    [values.map(({ text }) => text).join(","), ...(ttl === undefined ? [] : [ttl])].join(" ");
  switch (decision.kind) {
    case "keep":
      return `keep ${decision.reason.kind}`;
    case "in-sync":
      return `in-sync ${set(decision.set)}`;
    case "change":
      return `${decision.change.reason} ${set(decision.change.after)}`;
    default:
      return decision satisfies never;
  }
}

describe("planChanges", () => {
  const plain = wish();
  const timed = wish({ ttl: 300 });

  it.each<[string, Scene, string]>([
    // verdict not known: kept, whatever the reading
    ["disputed, absent", { verdict: DISPUTED, reading: ABSENT }, "keep disputed"],
    ["disputed, other values", { verdict: DISPUTED, reading: present(plain, [OLD]) }, "keep disputed"],
    ["disputed, unread", { verdict: DISPUTED, reading: UNREAD }, "keep disputed"],
    ["unavailable, absent", { verdict: UNAVAILABLE, reading: ABSENT, published: OLD }, "keep unavailable"],
    [
      "unavailable, other values",
      { verdict: UNAVAILABLE, reading: present(plain, [OLD]) },
      "keep unavailable",
    ],
    ["not looked for", { verdict: undefined, reading: present(plain, [OLD]) }, "keep unavailable"],
    // known, unread
    ["unread", { reading: UNREAD }, "keep unread"],
    ["not read at all", { reading: undefined }, "keep unread"],
    // known, absent
    ["absent, never published", { reading: ABSENT }, `missing ${NOW}`],
    ["absent, never published, TTL", { record: timed, reading: ABSENT }, `missing ${NOW} 300`],
    ["absent, published", { reading: ABSENT, published: NOW }, `removed-elsewhere ${NOW}`],
    ["absent, another published", { reading: ABSENT, published: OLD }, `removed-elsewhere ${NOW}`],
    // known, same values
    ["same", { reading: present(plain, [NOW]) }, `in-sync ${NOW}`],
    ["same, published", { reading: present(plain, [NOW]), published: NOW }, `in-sync ${NOW}`],
    ["same, another published", { reading: present(plain, [NOW]), published: OLD }, `in-sync ${NOW}`],
    ["same, no TTL wished", { reading: present(plain, [NOW], { ttl: 60 }) }, `in-sync ${NOW} 60`],
    ["same, same TTL", { record: timed, reading: present(timed, [NOW], { ttl: 300 }) }, `in-sync ${NOW} 300`],
    ["same, other TTL", { record: timed, reading: present(timed, [NOW], { ttl: 60 }) }, `ttl ${NOW} 300`],
    ["same, hidden TTL", { record: timed, reading: present(timed, [NOW]) }, `in-sync ${NOW}`],
    [
      "same, proxied",
      { record: timed, reading: present(timed, [NOW], { ttl: 1, proxied: true }) },
      `in-sync ${NOW} 1`,
    ],
    ["same twice", { reading: present(plain, [NOW, NOW]) }, `in-sync ${NOW},${NOW}`],
    // known, other values
    ["other, never published", { reading: present(plain, [OLD]) }, `wrong-address ${NOW}`],
    ["ours of before", { reading: present(plain, [OLD]), published: OLD }, `address-changed ${NOW}`],
    [
      "ours of before and more",
      { reading: present(plain, [OLD, FOREIGN]), published: OLD },
      `address-changed ${NOW}`,
    ],
    [
      "put there by others",
      { reading: present(plain, [FOREIGN]), published: NOW },
      `changed-elsewhere ${NOW}`,
    ],
    [
      "others beside ours",
      { reading: present(plain, [NOW, FOREIGN]), published: NOW },
      `changed-elsewhere ${NOW}`,
    ],
    [
      "both ours moved and others came",
      { reading: present(plain, [FOREIGN]), published: OLD },
      `changed-elsewhere ${NOW}`,
    ],
    [
      "other, TTL kept",
      { reading: present(plain, [OLD], { ttl: 60 }), published: OLD },
      `address-changed ${NOW} 60`,
    ],
    [
      "other, TTL set as well",
      { record: timed, reading: present(timed, [OLD], { ttl: 60 }), published: OLD },
      `address-changed ${NOW} 300`,
    ],
    [
      "other, TTL of its proxy",
      { record: timed, reading: present(timed, [OLD], { ttl: 1, proxied: true }), published: OLD },
      `address-changed ${NOW} 1`,
    ],
    ["a set of no values", { reading: present(plain, []) }, `wrong-address ${NOW}`],
  ])("%s", (_, scene, expected) => {
    expect(words(decide(scene))).toBe(expected);
  });

  describe("with few witnesses that confirm what is published", () => {
    it.each<[string, Reading, string]>([
      ["finds it in sync", present(plain, [NOW]), `in-sync ${NOW}`],
      ["does not put it right", present(plain, [FOREIGN]), "keep unavailable"],
      ["does not bring it back", ABSENT, "keep unavailable"],
    ])("%s", (_, reading, expected) => {
      const verdict = known(NOW, "confirms-published");
      expect(words(decide({ verdict, reading, published: NOW }))).toBe(expected);
    });

    it("does not set its TTL", () => {
      const verdict = known(NOW, "confirms-published");
      const reading = present(timed, [NOW], { ttl: 60 });
      expect(words(decide({ record: timed, verdict, reading, published: NOW }))).toBe("keep unavailable");
    });
  });

  describe("in merge mode", () => {
    const merged = wish({ mode: "merge" });
    it.each<[string, readonly string[], string | undefined, string]>([
      ["joins the addresses of others", [FOREIGN], undefined, `missing ${NOW},${FOREIGN}`],
      ["is in sync among them", [NOW, FOREIGN], NOW, `in-sync ${NOW},${FOREIGN}`],
      [
        "adopts its own address that others put there",
        [NOW, FOREIGN],
        undefined,
        `in-sync ${NOW},${FOREIGN}`,
      ],
      ["moves its own and keeps the others", [OLD, FOREIGN], OLD, `address-changed ${NOW},${FOREIGN}`],
      [
        "moves onto an address that is there already",
        [OLD, NOW, FOREIGN],
        OLD,
        `address-changed ${NOW},${FOREIGN}`,
      ],
      ["comes back when someone took it away", [FOREIGN], NOW, `changed-elsewhere ${NOW},${FOREIGN}`],
      ["does not take away an address that it never published", [OLD], undefined, `missing ${OLD},${NOW}`],
      [
        "leaves a value alone that is there twice",
        [NOW, FOREIGN, FOREIGN],
        NOW,
        `in-sync ${NOW},${FOREIGN},${FOREIGN}`,
      ],
      ["writes each value once", [OLD, FOREIGN, FOREIGN], OLD, `address-changed ${NOW},${FOREIGN}`],
    ])("%s", (_, values, published, expected) => {
      expect(words(decide({ record: merged, reading: present(merged, values), published }))).toBe(expected);
    });
  });

  describe("with a host suffix", () => {
    const host = wish({ type: "AAAA", hostSuffix: ip("::aaaa:bbbb:cccc:dddd") });
    const combined = "2a00:1:2:3:aaaa:bbbb:cccc:dddd";
    const verdict = known("2a00:1:2:3:4444::1");

    it.each<[string, Reading, string | undefined, string]>([
      ["is missing", ABSENT, undefined, `missing ${combined}`],
      ["is in sync", present(host, [combined]), combined, `in-sync ${combined}`],
      [
        "follows the network",
        present(host, ["2a00:1:2:4:aaaa:bbbb:cccc:dddd"]),
        "2a00:1:2:4:aaaa:bbbb:cccc:dddd",
        `address-changed ${combined}`,
      ],
      [
        "is not the detected host",
        present(host, ["2a00:1:2:3:4444::1"]),
        combined,
        `changed-elsewhere ${combined}`,
      ],
    ])("%s", (_, reading, published, expected) => {
      expect(words(decide({ record: host, verdict, reading, published }))).toBe(expected);
    });

    it("takes the network's 64 bits and the host's", () => {
      expect(addressFor(host, ip("2a00:1:2:3:ffff:ffff:ffff:ffff")).text).toBe(combined);
      expect(addressFor(wish({ hostSuffix: ip("::1") }), ip(NOW)).text).toBe(NOW);
    });
  });

  it("decides each family by its own verdict", () => {
    const [a, aaaa] = [wish(), wish({ type: "AAAA" })];
    const plan = planChanges({
      verdicts: new Map<Family, Verdict>([
        [4, DISPUTED],
        [6, known("2a00:1::1")],
      ]),
      desired: [aaaa, a],
      current: new Map([
        [recordId(a), present(a, [OLD])],
        [recordId(aaaa), ABSENT],
      ]),
      published: new Map(),
    });
    expect(plan.map(words)).toEqual(["keep disputed", "missing 2a00:1::1"]);
  });

  it("carries what was there, what shall be, and our address in it", () => {
    const record = wish({ mode: "merge" });
    const reading = present(record, [OLD, FOREIGN], { ttl: 60, proxied: false });
    const decision = decide({ record, reading, published: OLD });
    expect(decision).toMatchObject({
      kind: "change",
      change: {
        record,
        before: reading.kind === "present" && reading.set,
        after: { name: "home.example.org", type: "A", ttl: 60, proxied: false },
        address: { text: NOW },
      },
    });
  });

  it("proposes a TTL again that the provider rounded: whoever writes has to remember", () => {
    const record = wish({ ttl: 250 });
    const reading = present(record, [NOW], { ttl: 300 });
    expect(words(decide({ record, reading, published: NOW }))).toBe(`ttl ${NOW} 250`);
  });
});

describe("a change that is looked at again before it is made", () => {
  const setOf = (record: DesiredRecord, ...parameters: [readonly string[], { ttl?: number }?]) => {
    const reading = present(record, ...parameters);
    return reading.kind === "present" ? reading.set : undefined;
  };
  const change = (record: DesiredRecord, before: readonly string[]): Change => ({
    record,
    before: setOf(record, before),
    after: setOf(record, [NOW])!,
    address: ip(NOW),
    reason: "address-changed",
  });

  it("is none any more where another one has made it", () => {
    expect(rebaseChange(change(wish(), [OLD]), setOf(wish(), [NOW]))).toBeUndefined();
  });

  it("goes on from what is there by now", () => {
    const rebased = rebaseChange(change(wish(), [OLD]), setOf(wish(), [FOREIGN], { ttl: 60 }));
    expect(rebased).toMatchObject({
      before: { values: [ip(FOREIGN)] },
      after: { values: [ip(NOW)], ttl: 60 },
    });
    expect(rebaseChange(change(wish(), [OLD]), undefined)?.before).toBeUndefined();
  });

  it("keeps what others added to the set meanwhile, and takes ours of before away", () => {
    const record = wish({ mode: "merge" });
    const rebased = rebaseChange(change(record, [OLD]), setOf(record, [OLD, FOREIGN]));
    expect(rebased?.after.values).toEqual([ip(NOW), ip(FOREIGN)]);
    expect(rebaseChange(change(record, [OLD]), setOf(record, [NOW, FOREIGN]))).toBeUndefined();
  });
});

describe("any plan", () => {
  const address4 = fc.constantFrom(NOW, OLD, FOREIGN, "81.2.69.9").map(ip);
  const address6 = fc.constantFrom("2a00:1::1", "2a00:1::2", "2a00:2::1").map(ip);
  const ttl = fc.option(fc.constantFrom(60, 300).map(seconds), { nil: undefined });

  const verdictOf = (family: Family) =>
    fc.oneof(
      fc.constant(undefined),
      fc.constant(DISPUTED),
      fc.constant(UNAVAILABLE),
      fc
        .tuple(family === 4 ? address4 : address6, fc.constantFrom("quorum", "confirms-published"))
        .map(([{ text }, basis]) => known(text, basis === "quorum" ? "quorum" : "confirms-published")),
    );

  const item = fc
    .record({
      name: fc
        .constantFrom("a.example.org", "b.example.org", "*.example.org", "example.org")
        .map(parseDomainName),
      type: fc.constantFrom("A" as const, "AAAA" as const),
      mode: fc.constantFrom("merge" as const, "replace" as const),
      ttl,
      hasSuffix: fc.boolean(),
      reads: fc.constantFrom("absent", "present", "unread"),
      setTtl: ttl,
      proxied: fc.constantFrom(undefined, false, true),
      isPublished: fc.boolean(),
    })
    .chain((it) => {
      const address = it.type === "A" ? address4 : address6;
      return fc.tuple(fc.constant(it), fc.array(address, { minLength: 1, maxLength: 4 }), address);
    })
    .map(([it, values, published]) => {
      const record: DesiredRecord = {
        name: it.name,
        type: it.type,
        provider: "home",
        mode: it.mode,
        ttl: it.ttl,
        hostSuffix: it.hasSuffix && it.type === "AAAA" ? ip("::5") : undefined,
      };
      const set: RecordSet = {
        name: it.name,
        type: it.type,
        values: canonicalValues(values),
        ttl: it.setTtl,
        proxied: it.proxied,
      };
      const reading: Reading =
        it.reads === "present" ? { kind: "present", set } : it.reads === "absent" ? ABSENT : UNREAD;
      return { record, reading, published: it.isPublished ? published : undefined };
    });

  const input = fc
    .record({
      items: fc.uniqueArray(item, { maxLength: 8, selector: ({ record }) => recordId(record) }),
      four: verdictOf(4),
      six: verdictOf(6),
    })
    .map(({ items, four, six }): PlanInput => {
      const verdicts = new Map<Family, Verdict>();
      if (four) verdicts.set(4, four);
      if (six) verdicts.set(6, six);
      return {
        verdicts,
        desired: items.map(({ record }) => record),
        current: new Map(items.map(({ record, reading }) => [recordId(record), reading])),
        published: new Map(
          items.flatMap(({ record, published }) =>
            published ? [[recordId(record), published] as const] : [],
          ),
        ),
      };
    });

  /** The world after every change was made as planned. */
  function applied(before: PlanInput): PlanInput {
    const current = new Map<RecordId, Reading>(before.current);
    const published = new Map<RecordId, Address>(before.published);
    for (const { record, after, address } of changesOf(planChanges(before))) {
      current.set(recordId(record), { kind: "present", set: after });
      published.set(recordId(record), address);
    }
    return { ...before, current, published };
  }

  it("once made, leaves nothing to change", () => {
    fc.assert(
      fc.property(input, (scene) => {
        expect(changesOf(planChanges(applied(scene)))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it("holds our address in every set it writes, and never empties or deletes one", () => {
    fc.assert(
      fc.property(input, (scene) => {
        for (const { after, address, record } of changesOf(planChanges(scene))) {
          expect(after.values.map(({ text }) => text)).toContain(address.text);
          expect(after.values).toEqual(canonicalValues(after.values));
          expect(after.values.every(({ family }) => family === familyOf(record.type))).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("merges without taking any value away but the one we published", () => {
    fc.assert(
      fc.property(input, (scene) => {
        for (const { record, before, after, address } of changesOf(planChanges(scene))) {
          if (record.mode === "replace") {
            expect(after.values).toHaveLength(1);
            continue;
          }
          const ours = scene.published.get(recordId(record))?.text;
          const kept = (before?.values ?? []).filter(({ text }) => text !== ours);
          expect(after.values).toEqual(canonicalValues([...kept, address]));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("writes only on a verdict that more than a lone witness carries, and only what was read", () => {
    fc.assert(
      fc.property(input, (scene) => {
        for (const { record } of changesOf(planChanges(scene))) {
          expect(scene.verdicts.get(familyOf(record.type))).toMatchObject({ kind: "known", basis: "quorum" });
          expect(scene.current.get(recordId(record))?.kind).not.toBe("unread");
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("has one decision for each record, sorted, in whatever order they were wished for", () => {
    fc.assert(
      fc.property(input, (scene) => {
        const plan = planChanges(scene);
        const ids = plan.map(({ record }) => recordId(record));
        expect(ids).toEqual(scene.desired.map(recordId).toSorted());
        expect(planChanges({ ...scene, desired: scene.desired.toReversed() })).toEqual(plan);
      }),
    );
  });
});
