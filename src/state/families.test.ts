import { describe, expect, it } from "vitest";
import type { Verdict } from "#core/consensus.ts";
import { instant, milliseconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { decidedFamily, probedFamily } from "#state/families.ts";
import type { FamilyState } from "#state/state.ts";
import { address, EngineWorld } from "#testing/engine-world.ts";

const TRUTH = "44.128.10.77";
const [TUESDAY, LATER] = [new Date("2026-03-10T14:03:00Z"), new Date("2026-03-12T09:00:00Z")];
const now = { date: LATER, now: instant(0) };

const NOTHING = { for: [], against: [], observations: [] };

const KNOWN: FamilyState = {
  family: 4,
  decided: undefined,
  address: address(TRUTH),
  since: TUESDAY,
  confirmedAt: TUESDAY,
  trouble: undefined,
  probe: undefined,
};
const TROUBLED: FamilyState = { ...KNOWN, trouble: { kind: "disputed", since: TUESDAY } };

function known(text: string): Verdict {
  return { kind: "known", family: 4, basis: "quorum", address: address(text), ...NOTHING };
}

function decided(verdict: Verdict): Extract<EngineEvent, { kind: "decided" }> {
  return { kind: "decided", round: 1, family: 4, verdict, took: milliseconds(40), notes: [] };
}

function probed(result: "changed" | "silent" | "unchanged"): Extract<EngineEvent, { kind: "probed" }> {
  const [witness] = new EngineWorld().witnesses;
  return { kind: "probed", family: 4, witness: witness!, result, took: milliseconds(20) };
}

describe("an address", () => {
  it("is held since it was first known, however often it is confirmed", () => {
    expect(decidedFamily(KNOWN, decided(known(TRUTH)), now)).toMatchObject({
      since: TUESDAY,
      confirmedAt: LATER,
    });
  });

  it("that is another one begins now", () => {
    expect(decidedFamily(KNOWN, decided(known("44.128.20.5")), now)).toMatchObject({ since: LATER });
  });

  it("keeps its beginning through a dispute, and the dispute its own", () => {
    const verdict: Verdict = { kind: "disputed", family: 4, positions: [], observations: [] };
    const disputed = decidedFamily(KNOWN, decided(verdict), now);
    expect(disputed).toMatchObject({
      address: { text: TRUTH },
      since: TUESDAY,
      confirmedAt: TUESDAY,
      trouble: { kind: "disputed", since: LATER },
    });
    expect(decidedFamily(TROUBLED, decided(verdict), now).trouble?.since).toBe(TUESDAY);
    expect(decidedFamily(TROUBLED, decided(known(TRUTH)), now)).toMatchObject({
      since: TUESDAY,
      trouble: undefined,
    });
  });
});

describe("a probe", () => {
  it("confirms what it finds unchanged, and nothing else", () => {
    expect(probedFamily(KNOWN, probed("unchanged"), now).confirmedAt).toBe(LATER);
    expect(probedFamily(KNOWN, probed("changed"), now).confirmedAt).toBe(TUESDAY);
    expect(probedFamily(KNOWN, probed("silent"), now).confirmedAt).toBe(TUESDAY);
  });

  it("confirms nothing while the address is in dispute", () => {
    expect(probedFamily(TROUBLED, probed("unchanged"), now).confirmedAt).toBe(TUESDAY);
  });
});
