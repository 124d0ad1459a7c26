import { CancelledError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import { type Change, rebaseChange } from "#core/plan.ts";
import { type Provider, wrapProvider } from "#core/provider.ts";
import { type Reading, recordId } from "#core/record.ts";
import type { WriteWindow } from "#kubernetes/cluster/write-window.ts";

export interface ComparingOptions {
  readonly provider: Provider;
  /** Whether this node may write at this very moment. */
  readonly mayWrite: () => boolean;
  readonly window: WriteWindow;
}

/**
 * Reads once more right before it writes: where several nodes may make one change, only the first one finds something
 * to do. What cannot be read is not written, unless the provider cannot be read at all.
 */
export function compareBeforeWrite(options: ComparingOptions): Provider {
  const { provider, window } = options;
  return wrapProvider(provider, {
    apply: (changes, signal) => window.during(() => applyWhatIsDue(changes, options, signal)),
  });
}

async function applyWhatIsDue(
  changes: readonly Change[],
  { provider, mayWrite, window }: ComparingOptions,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const readings = await provider.read(
    changes.map(({ record }) => record),
    signal,
  );
  const isReadable = provider.capabilities.read === "yes";
  const looks = changes.map((change) => look(change, readings.get(recordId(change.record)), isReadable));
  const due = looks.flatMap(({ change }) => change ?? []);
  if (!mayWrite() || !window.isOpen) throw new CancelledError("Another node may write");
  const made = due.length === 0 ? [] : await provider.apply(due, signal);
  return looks.map(({ change, outcome }) =>
    change ? outcomeOf(change, made[due.indexOf(change)]) : outcome,
  );
}

type Look =
  | { readonly change: Change; readonly outcome?: undefined }
  | { readonly change?: undefined; readonly outcome: Outcome };

function look(change: Change, reading: Reading | undefined, isReadable: boolean): Look {
  if (!reading || reading.kind === "unread") {
    if (!isReadable) return { change };
    const error = reading?.error ?? new TypeError(`${recordId(change.record)} was not read`);
    return { outcome: { kind: "failed", error } };
  }
  const rebased = rebaseChange(change, reading.kind === "present" ? reading.set : undefined);
  return rebased ? { change: rebased } : { outcome: { kind: "unchanged" } };
}

/** What was written may be another set than planned: the engine is to remember that one. */
function outcomeOf({ record, after }: Change, outcome: Outcome | undefined): Outcome {
  if (!outcome) return { kind: "unconfirmed", error: new TypeError(`${recordId(record)} has no outcome`) };
  return outcome.kind === "applied" ? { ...outcome, set: outcome.set ?? after } : outcome;
}
