import type { DesiredRecord } from "#core/record.ts";
import type { Belief, Published } from "#core/store.ts";

/** The state in the form of the original's `/raw` page; field names are its contract. */
export interface RawState {
  readonly wan_ip_state: { readonly usable: boolean; readonly IP: string | null };
  readonly record_state: {
    readonly in_sync: boolean;
    readonly record_data: {
      readonly rrset_name: string;
      readonly rrset_type: string;
      readonly rrset_ttl: number | null;
      readonly rrset_values: readonly string[];
      readonly rrset_href: string | null;
    };
  };
  readonly poll_date: string | null;
}

/** The original knew one record: this is the first of the configuration. */
export function rawState(
  record: DesiredRecord,
  belief: Belief | undefined,
  published: Published | undefined,
): RawState {
  const address = belief?.address?.text;
  const ttl = published?.ttl ?? record.ttl;
  return {
    wan_ip_state: { usable: belief?.kind === "known", IP: address ?? null },
    record_state: {
      in_sync: published !== undefined && published.address.text === address,
      record_data: {
        rrset_name: record.name,
        rrset_type: record.type,
        rrset_ttl: ttl ?? null,
        rrset_values: published ? [published.address.text] : [],
        // Only Gandi has one, and the store does not keep it
        rrset_href: null,
      },
    },
    poll_date: belief?.lastRound.toISOString() ?? null,
  };
}
