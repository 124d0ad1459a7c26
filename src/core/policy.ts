import type { Change } from "#core/plan.ts";
import {
  elapsed,
  type Instant,
  instant,
  type Milliseconds,
  milliseconds,
  type Seconds,
} from "#core/units.ts";

/** Why a planned change is not made now. */
export type WithheldReason =
  | { readonly kind: "dry-run" }
  /** The line flaps: no write before `until`. */
  | { readonly kind: "flap-hold"; readonly until: Instant }
  /** The provider failed or asked for a pause. */
  | { readonly kind: "back-off"; readonly until: Instant }
  /** The provider refused: until the configuration or a secret changes, or `until`, when that may help. */
  | { readonly kind: "stopped"; readonly words: string; readonly until?: Instant | undefined }
  /** Another node of the cluster goes first, `before` by name; ours comes after it. */
  | { readonly kind: "turn"; readonly until: Instant; readonly before: string }
  /** The TTL was written as wished, and the provider keeps another one: writing it again would change nothing. */
  | { readonly kind: "ttl-not-kept"; readonly found: Seconds };

/** Looks at one change; `undefined` lets it pass. Policies only ever narrow what is written. */
export type Policy = (change: Change) => WithheldReason | undefined;

export interface Withheld {
  readonly change: Change;
  readonly reason: WithheldReason;
}

/** The first policy that objects withholds the change. */
export function withholdChanges(
  changes: readonly Change[],
  policies: readonly Policy[],
): { readonly released: readonly Change[]; readonly withheld: readonly Withheld[] } {
  const released: Change[] = [];
  const withheld: Withheld[] = [];
  for (const change of changes) {
    const reason = firstObjection(change, policies);
    if (reason) withheld.push({ change, reason });
    else released.push(change);
  }
  return { released, withheld };
}

export const dryRun: Policy = () => ({ kind: "dry-run" });

const FLAP_QUIET = milliseconds(10 * 60_000);
const FLAP_FREE_CHANGES = 2;
const FLAP_FIRST_HOLD = milliseconds(5000);
export const FLAP_MAX_HOLD = milliseconds(5 * 60_000);

/**
 * Until when the next change of address has to wait: the first two are published at once, the next waits 5 s
 * after its predecessor, and every further one twice as long, five minutes at most. Ten minutes without
 * a change end the count. It is of changes in a row and not of those within the last ten minutes: few fit
 * into these once the holds are long, and the hold would shrink while the line still flaps.
 *
 * @param longest of any hold; 0 for none
 * @param published when this family's address was published anew, oldest first; the last eight decide
 */
export function flapHold(
  published: readonly Instant[],
  now: Instant,
  longest: Milliseconds = FLAP_MAX_HOLD,
): Instant | undefined {
  const last = published.at(-1);
  const excess = changesInARow(published, now) - FLAP_FREE_CHANGES;
  if (last === undefined || excess < 0) return undefined;
  const hold: Milliseconds = milliseconds(Math.min(FLAP_FIRST_HOLD * 2 ** excess, longest));
  const until = instant(last + hold);
  return until > now ? until : undefined;
}

/** How many changes, counted back from now, came less than a quiet span before their successor. */
function changesInARow(published: readonly Instant[], now: Instant): number {
  let successor = now;
  let count = 0;
  for (const at of published.toReversed()) {
    if (elapsed(at, successor) >= FLAP_QUIET) break;
    successor = at;
    count += 1;
  }
  return count;
}

function firstObjection(change: Change, policies: readonly Policy[]): WithheldReason | undefined {
  for (const policy of policies) {
    const reason = policy(change);
    if (reason) return reason;
  }
  return undefined;
}
