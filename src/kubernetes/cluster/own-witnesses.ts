import type { Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import { WitnessError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import { addressFor, type Change } from "#core/plan.ts";
import { type Provider, wrapProvider } from "#core/provider.ts";
import { type DesiredRecord, familyOf, recordId } from "#core/record.ts";
import type { Store } from "#core/store.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import { createEngine } from "#engine/engine.ts";
import { followedProvider } from "#kubernetes/cluster/followed-provider.ts";
import type { WriteWindow } from "#kubernetes/cluster/write-window.ts";

export interface WitnessingOptions {
  readonly provider: Provider;
  /** That of a daemon: with this node's own witnesses. */
  readonly engine: EngineOptions;
  readonly window: WriteWindow;
}

/**
 * Asks this node's own witnesses before it writes an address that it was told: a ConfigMap says what whoever may edit
 * it wants. They are asked as if no address were known yet, and what they do not confirm is left as it is.
 */
export function withOwnWitnesses(options: WitnessingOptions): Provider {
  const { provider, window } = options;
  return wrapProvider(provider, {
    apply: (changes, signal) => window.during(() => applyWhatIsConfirmed(changes, options, signal)),
  });
}

async function applyWhatIsConfirmed(
  changes: readonly Change[],
  { provider, engine }: WitnessingOptions,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const verdicts = await lookFor(
    changes.map(({ record }) => record),
    engine,
    signal,
  );
  const doubts = changes.map((change) => doubtOf(change, verdicts.get(familyOf(change.record.type))));
  const confirmed = changes.filter((_, index) => !doubts[index]);
  const made = confirmed.length === 0 ? [] : await provider.apply(confirmed, signal);
  return changes.map((change, index) => doubts[index] ?? outcomeOf(change, made[confirmed.indexOf(change)]));
}

/** A round of a daemon that knows nothing yet and changes nothing. */
async function lookFor(
  records: readonly DesiredRecord[],
  engine: EngineOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<Family, Verdict>> {
  const unread = [...engine.providers].map(
    ([name, provider]) => [name, followedProvider(provider, () => undefined)] as const,
  );
  const looking = createEngine({
    ...engine,
    records,
    providers: new Map(unread),
    store: NOTHING_KNOWN,
    dryRun: true,
  });
  try {
    return (await looking.round("cluster", signal)).verdicts;
  } finally {
    await looking.stop();
  }
}

function doubtOf({ record, address }: Change, verdict: Verdict | undefined): Outcome | undefined {
  const seen = verdict?.kind === "known" ? addressFor(record, verdict.address).text : undefined;
  if (seen === address.text) return undefined;
  const is = seen === undefined ? "do not agree on any" : `say ${seen}`;
  const error = new WitnessError(
    `Cannot write "${address.text}" into ${recordId(record)}: the shared address says so, and this node's own witnesses ${is}`,
    { code: "not-confirmed", hint: "it is left to the leader, and to the nodes whose witnesses agree" },
  );
  return { kind: "failed", error };
}

function outcomeOf({ record }: Change, outcome: Outcome | undefined): Outcome {
  return outcome ?? { kind: "unconfirmed", error: new TypeError(`${recordId(record)} has no outcome`) };
}

const NOTHING_KNOWN: Store = {
  published: () => new Map(),
  publishedIn: () => undefined,
  setPublished() {},
  clearPublished() {},
  beliefs: () => new Map(),
  setBelief() {},
  history: () => [],
  addHistory() {},
  setConverged() {},
  close() {},
};
