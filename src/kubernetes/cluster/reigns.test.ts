import { beforeEach, describe, expect, it } from "vitest";
import { instant, type Instant } from "#core/units.ts";
import { Reigns, type ReignsOptions } from "#kubernetes/cluster/reigns.ts";
import { NEVER } from "#testing/engine-world.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";
import { shared } from "#testing/shared-address.ts";

interface Elector {
  readonly isHolder: boolean;
  readonly darkSince: Instant | undefined;
}

const DARK: Elector = { isHolder: true, darkSince: instant(5) };
const UNSEEN: ReturnType<ReignsOptions["object"]> = { sight: { kind: "unseen" }, toldAt: instant(0) };

let clock: ManualClock;
let changes: number;
beforeEach(() => {
  clock = new ManualClock();
  changes = 0;
});

/** Of the pod on node-1. */
function reignsWith(elector: Elector, object = UNSEEN): Reigns {
  return new Reigns({
    clock,
    node: "node-1",
    object: () => object,
    elector: () => elector,
    onChange: () => (changes += 1),
  });
}

/** One that the elector has begun; `lose` is what it does when it cannot renew the Lease. */
function begin(reigns: Reigns): { readonly lose: () => void; readonly isOver: () => Promise<boolean> } {
  const end = new AbortController();
  const id = { transitions: 1, acquireTime: "" };
  let isOver = false;
  const work = reigns.begin({ id, signal: end.signal, isHeld: () => !end.signal.aborted });
  void work.then(() => (isOver = true));
  const look = async () => {
    await settled();
    return isOver;
  };
  return { lose: () => end.abort(), isOver: look };
}

/** All that went on in it has ended. */
function end(reigns: Reigns, stop = NEVER): void {
  if (!reigns.now) throw new TypeError("there is no reign");
  reigns.end(reigns.now, stop);
}

function tellBy(leader: string, toldAt: number): ReturnType<ReignsOptions["object"]> {
  return { sight: { kind: "present", shared: shared({ leader }) }, toldAt: instant(toldAt) };
}

describe("a pod that lost its reign", () => {
  it.each<[string, Elector, boolean]>([
    ["does not answer", DARK, true],
    ["answers: it was this pod that stood still", { isHolder: true, darkSince: undefined }, false],
    ["has named another leader before", { isHolder: false, darkSince: instant(5) }, false],
  ])("is cut off, or not, when the API server %s", (_, elector, isCutOff) => {
    const reigns = reignsWith(elector);
    const { lose } = begin(reigns);
    expect([reigns.isHeld, reigns.isCutOff]).toEqual([true, false]);
    lose();
    end(reigns);
    expect([reigns.isHeld, reigns.isCutOff, reigns.isResting]).toEqual([false, isCutOff, false]);
  });

  it.each<[string, ReturnType<ReignsOptions["object"]>, boolean]>([
    ["nobody has told the shared address since it began", tellBy("node-2", 1000), true],
    ["it told the shared address itself since", tellBy("node-1", 1500), true],
    ["another one has told the shared address since", tellBy("node-2", 1500), false],
    ["the shared address was told since, and is gone", { ...UNSEEN, toldAt: instant(1500) }, false],
  ])("is cut off, or not, when %s", async (_, object, isCutOff) => {
    await clock.advance(1000);
    const reigns = reignsWith(DARK, object);
    const { lose } = begin(reigns);
    await clock.advance(1000);
    lose();
    end(reigns);
    expect(reigns.isCutOff).toBe(isCutOff);
  });

  it("is cut off no more as soon as it leads again, whatever becomes of that reign", () => {
    const reigns = reignsWith(DARK);
    begin(reigns).lose();
    end(reigns);
    expect(reigns.isCutOff).toBe(true);
    const second = begin(reigns);
    expect([reigns.isHeld, reigns.isCutOff]).toEqual([true, false]);
    second.lose();
    reigns.dropLost();
    expect([reigns.isHeld, reigns.isCutOff]).toEqual([false, false]);
  });
});

describe("a pod that gave its reign away", () => {
  it("is not cut off, and leaves the Lease to others for a minute", async () => {
    const reigns = reignsWith(DARK);
    begin(reigns);
    await clock.advance(1000);
    end(reigns);
    expect([reigns.now, reigns.isCutOff, reigns.isResting]).toEqual([undefined, false, true]);
    await clock.advance(59_999);
    expect(reigns.isResting).toBe(true);
    await clock.advance(1);
    expect(reigns.isResting).toBe(false);
  });

  it("because it is to stop has no reason to rest", () => {
    const reigns = reignsWith(DARK);
    begin(reigns);
    end(reigns, AbortSignal.abort());
    expect([reigns.isCutOff, reigns.isResting]).toEqual([false, false]);
  });

  it("is cut off by the next reign that it loses", async () => {
    const reigns = reignsWith(DARK);
    begin(reigns);
    end(reigns);
    await clock.advance(60_000);
    begin(reigns).lose();
    end(reigns);
    expect([reigns.isCutOff, reigns.isResting]).toEqual([true, false]);
  });
});

describe("the elector", () => {
  it("is told that a reign is over when it has ended, and not when it is lost", async () => {
    const reigns = reignsWith(DARK);
    const { lose, isOver } = begin(reigns);
    lose();
    expect(await isOver()).toBe(false);
    end(reigns);
    expect(await isOver()).toBe(true);
  });

  it("is told so as well of one that was lost before anything was done in it", async () => {
    const reigns = reignsWith(DARK);
    const { lose, isOver } = begin(reigns);
    reigns.dropLost();
    expect([reigns.isHeld, await isOver()]).toEqual([true, false]);
    lose();
    reigns.dropLost();
    expect([reigns.now, await isOver()]).toEqual([undefined, true]);
  });

  it("makes whoever waits look when a reign begins, and when it is lost", () => {
    const { lose } = begin(reignsWith(DARK));
    expect(changes).toBe(1);
    lose();
    expect(changes).toBe(2);
  });
});
