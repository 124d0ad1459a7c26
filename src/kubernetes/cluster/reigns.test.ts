import { expect, it } from "vitest";
import { instant, type Instant } from "#core/units.ts";
import { Reigns } from "#kubernetes/cluster/reigns.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const NEVER = new AbortController().signal;

it.each<[string, { readonly isHolder: boolean; readonly darkSince: Instant | undefined }, boolean]>([
  ["does not answer", { isHolder: true, darkSince: instant(5) }, true],
  ["answers: it was this pod that stood still", { isHolder: true, darkSince: undefined }, false],
  ["has named another leader before", { isHolder: false, darkSince: instant(5) }, false],
])("a pod that lost its reign while the API server %s", (_, elector, isCutOff) => {
  const reigns = new Reigns({
    clock: new ManualClock(),
    node: "node-1",
    object: () => ({ sight: { kind: "unseen" }, toldAt: instant(0) }),
    elector: () => elector,
    onChange: () => {},
  });
  const end = new AbortController();
  const id = { transitions: 1, acquireTime: "" };
  void reigns.begin({ id, signal: end.signal, isHeld: () => !end.signal.aborted });
  expect([reigns.isHeld, reigns.isCutOff]).toEqual([true, false]);
  end.abort();
  if (reigns.now) reigns.end(reigns.now, NEVER);
  expect([reigns.isHeld, reigns.isCutOff, reigns.isResting]).toEqual([false, isCutOff, false]);
});
