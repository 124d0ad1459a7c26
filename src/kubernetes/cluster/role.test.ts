import { describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { type Circumstances, roleIn } from "#kubernetes/cluster/role.ts";
import { SharedAddressError } from "#kubernetes/cluster/shared-address-data.ts";
import { shared } from "#testing/shared-address.ts";

type Kind = Circumstances["object"]["sight"]["kind"];

const PATIENCE = 30_000;
const VALID = 600_000;

function circumstances(kind: Kind, spent: number, rest: Partial<Circumstances> = {}): Circumstances {
  const sights = {
    unseen: { kind: "unseen" },
    absent: { kind: "absent" },
    malformed: { kind: "malformed", error: new SharedAddressError("no", { code: "malformed" }) },
    present: { kind: "present", shared: shared(), seenAt: new Date() },
  } as const;
  // Only one of the two spans counts: the other one is long over
  const [age, standing] = kind === "present" ? [spent, 10 * VALID] : [10 * VALID, spent];
  const object = { sight: sights[kind], age: milliseconds(age), standing: milliseconds(standing) };
  return { isLeader: false, isCutOff: false, dark: milliseconds(0), isKeen: true, object, ...rest };
}

/** In the words of the table: `following` or `alone (stale)`. */
function roleOf(given: Circumstances): string {
  const { role } = roleIn(given);
  return role.kind === "alone" ? `alone (${role.because})` : role.kind;
}

describe("the role of a node", () => {
  it.each<[Kind, number, string]>([
    ["unseen", 0, "following"],
    ["unseen", PATIENCE, "following"],
    ["unseen", PATIENCE + 1, "alone (unreachable)"],
    ["absent", 0, "following"],
    ["absent", PATIENCE, "following"],
    ["absent", PATIENCE + 1, "alone (absent)"],
    ["malformed", 0, "following"],
    ["malformed", PATIENCE, "following"],
    ["malformed", PATIENCE + 1, "alone (malformed)"],
    ["present", 0, "following"],
    ["present", VALID, "following"],
    ["present", VALID + 1, "alone (stale)"],
  ])("with an object that is %s for %d ms is %s", (kind, spent, expected) => {
    expect(roleOf(circumstances(kind, spent))).toBe(expected);
  });

  it.each<[number, boolean, string]>([
    [PATIENCE, true, "following"],
    [PATIENCE + 1, true, "alone (unreachable)"],
    [PATIENCE + 1, false, "following"],
  ])("in the dark for %d ms, keen: %s, is %s", (dark, isKeen, expected) => {
    expect(roleOf(circumstances("present", 0, { dark: milliseconds(dark), isKeen }))).toBe(expected);
  });

  it.each<Kind>(["unseen", "absent", "malformed", "present"])(
    "is leading while it leads, and alone when it is cut off, with an object that is %s",
    (kind) => {
      for (const spent of [0, 10 * VALID]) {
        expect(roleOf(circumstances(kind, spent, { isLeader: true }))).toBe("leading");
        expect(roleOf(circumstances(kind, spent, { isLeader: true, isCutOff: true }))).toBe("leading");
        expect(roleOf(circumstances(kind, spent, { isCutOff: true }))).toBe("alone (unrenewed)");
      }
    },
  );

  it.each<[Kind, number]>([
    ["unseen", PATIENCE],
    ["malformed", PATIENCE],
    ["present", VALID],
  ])("is looked at again right when an object that is %s makes it another one", (kind, limit) => {
    const { within } = roleIn(circumstances(kind, 1000));
    expect(roleOf(circumstances(kind, 1000 + within!))).not.toBe("following");
    expect(roleOf(circumstances(kind, 999 + within!))).toBe("following");
    expect(1000 + within!).toBe(limit + 1);
  });

  it("is looked at again at the earlier of two moments: in the dark for too long, or told too long ago", () => {
    const within = (age: number, dark: number) =>
      roleIn(circumstances("present", age, { dark: milliseconds(dark) })).within;
    expect(within(1000, PATIENCE - 5000)).toBe(5001);
    expect(within(VALID - 5000, 1000)).toBe(5001);
  });

  it("does not change with time alone while it leads, or is alone", () => {
    expect(roleIn(circumstances("present", 0, { isLeader: true })).within).toBeUndefined();
    expect(roleIn(circumstances("present", 0, { isCutOff: true })).within).toBeUndefined();
    expect(roleIn(circumstances("absent", PATIENCE + 1)).within).toBeUndefined();
  });
});
