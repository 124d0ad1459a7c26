import type { Clock } from "#core/ports.ts";
import type { Store } from "#core/store.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";

/**
 * What the cluster knows, in this node's own store: a new leader begins with it, and so confirms a changed address as
 * one that ran all the time would, and takes the right value out of a set that it shares with others.
 */
export function rememberShared(
  { addresses, published, changedAt, detectedAt }: SharedAddress,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): void {
  for (const [family, address] of addresses) {
    if (store.beliefs().get(family)?.address?.text === address.text) continue;
    const since = changedAt ?? detectedAt;
    store.setBelief({ family, kind: "known", address, since, lastRound: detectedAt, for: [], against: [] });
  }
  for (const [record, address] of published) {
    if (store.publishedIn(record)?.address.text === address.text) continue;
    store.setPublished({ record, address, at: clock.date() });
  }
}
