import { addressFor } from "#core/plan.ts";
import { familyOf, recordId, type RecordId } from "#core/record.ts";
import type { Address } from "#core/address.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";

type Remembering = Pick<EngineOptions, "clock" | "records" | "store">;

/**
 * What the cluster knows, in this node's own store: a new leader begins with it, and so confirms a changed address as
 * one that ran all the time would, and takes the right value out of a set that it shares with others.
 */
export function rememberShared(shared: SharedAddress, into: Remembering): void {
  const { addresses, changedAt, detectedAt } = shared;
  const { store } = into;
  for (const [family, address] of addresses) {
    if (store.beliefs().get(family)?.address?.text === address.text) continue;
    const since = changedAt ?? detectedAt;
    store.setBelief({ family, kind: "known", address, since, lastRound: detectedAt, for: [], against: [] });
  }
  rememberPublished(shared, into);
}

/**
 * For whoever leads: records that others made right in its place. It knows better than the object what was there before,
 * and takes nothing out of a set because somebody wrote into the object that it was ours.
 */
export function rememberTakeovers({ published }: SharedAddress, into: Remembering): void {
  const ours = new Map([...published].filter(([id, { text }]) => believedFor(id, into)?.text === text));
  rememberPublished({ published: ours }, into);
}

/** Of our own records: whoever makes up others fills no memory. */
function rememberPublished(
  { published }: Pick<SharedAddress, "published">,
  { store, clock, records }: Remembering,
): void {
  for (const record of records.map(recordId)) {
    const address = published.get(record);
    if (!address) continue;
    if (store.publishedIn(record)?.address.text === address.text) continue;
    store.setPublished({ record, address, at: clock.date() });
  }
}

function believedFor(id: RecordId, { records, store }: Remembering): Address | undefined {
  const record = records.find((each) => recordId(each) === id);
  const believed = record && store.beliefs().get(familyOf(record.type))?.address;
  return record && believed && addressFor(record, believed);
}
