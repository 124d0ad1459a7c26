import type { Address, Family } from "#core/address.ts";
import type { SeenObservation, Verdict } from "#core/consensus.ts";
import { type DesiredRecord, familyOf, recordId } from "#core/record.ts";
import type { Belief, Store } from "#core/store.ts";

/** The family's address as it was confirmed last: by the latest known verdict, or by what is published. */
export function confirmedAddress(
  family: Family,
  store: Store,
  records: readonly DesiredRecord[],
): Address | undefined {
  const belief = store.beliefs().get(family);
  if (belief?.address) return belief.address;
  const published = store.published();
  const ours = records
    .filter((record) => familyOf(record.type) === family && !record.hostSuffix)
    .flatMap((record) => published.get(recordId(record))?.address ?? []);
  const [first, ...rest] = ours;
  return rest.every((other) => other.text === first?.text) ? first : undefined;
}

export function nextBelief(verdict: Verdict, before: Belief | undefined, now: Date): Belief {
  const { family, kind } = verdict;
  if (verdict.kind !== "known") {
    const { address, since } = before ?? {};
    return { family, kind, address, since, lastRound: now, for: [], against: [] };
  }
  const { address } = verdict;
  const since = before?.address?.text === address.text ? (before.since ?? now) : now;
  return {
    family,
    kind,
    address,
    since,
    lastRound: now,
    for: idsOf(verdict.for),
    against: idsOf(verdict.against),
  };
}

function idsOf(observations: readonly SeenObservation[]): readonly string[] {
  return observations.map(({ witness }) => witness.id);
}
