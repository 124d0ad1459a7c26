import type { Address } from "#core/address.ts";
import { type Prefix, parsePrefix, prefixContains } from "#core/prefix.ts";

/** Why an address must never be written into a public record. */
export type UnpublishableReason =
  | "anycast-relay"
  | "as112"
  | "benchmarking"
  | "cgnat"
  | "documentation"
  | "ietf-protocol"
  | "link-local"
  | "loopback"
  | "mapped-ipv4"
  | "multicast"
  | "nat64"
  | "not-global-unicast"
  | "private"
  | "reserved"
  | "this-network"
  | "transition";

/**
 * Stricter than the "Globally Reachable" column of the IANA special-purpose address registries
 * (RFC 6890; state of 2025-10-09): AS112 and AMT are reachable but never a customer's address, and
 * multicast is not in those registries at all. First match wins.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export const UNPUBLISHABLE_PREFIXES: readonly (readonly [prefix: Prefix, reason: UnpublishableReason])[] =
  table([
    ["0.0.0.0/8", "this-network"],
    ["10.0.0.0/8", "private"],
    ["100.64.0.0/10", "cgnat"],
    ["127.0.0.0/8", "loopback"],
    ["169.254.0.0/16", "link-local"],
    ["172.16.0.0/12", "private"],
    ["192.0.0.0/24", "ietf-protocol"],
    ["192.0.2.0/24", "documentation"],
    ["192.31.196.0/24", "as112"],
    ["192.52.193.0/24", "anycast-relay"],
    ["192.88.99.0/24", "anycast-relay"],
    ["192.168.0.0/16", "private"],
    ["192.175.48.0/24", "as112"],
    ["198.18.0.0/15", "benchmarking"],
    ["198.51.100.0/24", "documentation"],
    ["203.0.113.0/24", "documentation"],
    ["224.0.0.0/4", "multicast"],
    ["240.0.0.0/4", "reserved"],
    ["::/128", "this-network"],
    ["::1/128", "loopback"],
    ["::ffff:0.0.0.0/96", "mapped-ipv4"],
    ["64:ff9b::/96", "nat64"],
    ["64:ff9b:1::/48", "nat64"],
    ["2001:db8::/32", "documentation"],
    ["3fff::/20", "documentation"],
    ["2001::/23", "ietf-protocol"],
    ["2002::/16", "transition"],
    ["2620:4f:8000::/48", "as112"],
    ["fc00::/7", "private"],
    ["fe80::/10", "link-local"],
    ["fec0::/10", "private"],
    ["ff00::/8", "multicast"],
  ]);

/** IPv6 is decided positively: what is not global unicast (RFC 4291 section 2.4, 2000::/3) is not publishable. */
const GLOBAL_UNICAST_IPV6 = prefix("2000::/3");

/**
 * Whether an address may be published.
 *
 * @param allowRanges blocks that the user opened (labs, overlay networks); they win over every rule
 * @returns why not, or `undefined` when it may
 */
export function unpublishableReason(
  address: Address,
  allowRanges: readonly Prefix[] = [],
): UnpublishableReason | undefined {
  if (allowRanges.some((range) => prefixContains(range, address))) return undefined;
  const special = UNPUBLISHABLE_PREFIXES.find(([range]) => prefixContains(range, address));
  if (special) return special[1];
  if (address.family === 6 && !prefixContains(GLOBAL_UNICAST_IPV6, address)) return "not-global-unicast";
  return undefined;
}

function table(
  rows: readonly (readonly [string, UnpublishableReason])[],
): readonly (readonly [Prefix, UnpublishableReason])[] {
  return rows.map(([text, reason]) => [prefix(text), reason] as const);
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed) throw new TypeError(`Cannot read the prefix "${text}" of the built-in table`);
  return parsed;
}
