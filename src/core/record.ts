import { type Address, compareAddresses, type Family } from "#core/address.ts";
import type { DomainName } from "#core/name.ts";
import type { Seconds } from "#core/units.ts";

export type RecordType = "A" | "AAAA";

export const RECORD_TYPES: readonly RecordType[] = ["A", "AAAA"];

/** Which record set: the unit that is read, compared and written. */
export interface RecordKey {
  readonly name: DomainName;
  readonly type: RecordType;
}

/** `home.example.org/A`: a {@link RecordKey} as a map key, a log field and a store key. */
export type RecordId = `${string}/${RecordType}`;

/** The user's own name for a configured provider account, e.g. `home`. */
export type ProviderName = string;

/**
 * How our address relates to the set: `replace` makes it the only value, `merge` adds it to the values of
 * others and removes only the one that we put there before.
 */
export type RecordMode = "merge" | "replace";

/** A record set as the user wants it, the address left open. */
export interface DesiredRecord extends RecordKey {
  readonly provider: ProviderName;
  /** Absent: keep what is there, or let the provider choose. */
  readonly ttl?: Seconds | undefined;
  readonly mode: RecordMode;
  /** AAAA of another host in the same network: these low 64 bits replace those of the detected address. */
  readonly hostSuffix?: Address | undefined;
}

/** A record set as it is. */
export interface RecordSet extends RecordKey {
  readonly ttl?: Seconds | undefined;
  /** Sorted, unique, not empty; all of the type's family. */
  readonly values: readonly Address[];
  /** The provider answers with other addresses than these (Cloudflare's proxy): DNS cannot verify it. */
  readonly proxied?: boolean | undefined;
}

/** What a read of one record set found. `unread` is not `absent`: nothing may be concluded from it. */
export type Reading =
  | { readonly kind: "absent" }
  | { readonly kind: "present"; readonly set: RecordSet }
  | { readonly kind: "unread"; readonly error: unknown };

export function recordId(key: RecordKey): RecordId {
  return `${key.name}/${key.type}`;
}

export function familyOf(type: RecordType): Family {
  return type === "A" ? 4 : 6;
}

export function typeOf(family: Family): RecordType {
  return family === 4 ? "A" : "AAAA";
}

/** Sorted and without duplicates: the form of {@link RecordSet.values}. */
export function canonicalValues(values: Iterable<Address>): readonly Address[] {
  const byText = new Map([...values].map((address) => [address.text, address]));
  return [...byText.values()].toSorted(compareAddresses);
}

export function sameValues(a: readonly Address[], b: readonly Address[]): boolean {
  return a.length === b.length && a.every((address, index) => address.text === b[index]?.text);
}
