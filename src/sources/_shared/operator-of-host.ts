import { parseAddress } from "#core/address.ts";
import { type Operator, operator } from "#core/witness.ts";

/**
 * Registries that sell names below a second label, by top-level domain. A pair that is missing here merges
 * unrelated hosts into one vote, which costs an answer; a wrong one would hand one operator two votes.
 * So it holds only suffixes run by the registries themselves.
 *
 * @see https://publicsuffix.org/list/ (the part between "ICANN DOMAINS" marks)
 */
const SECOND_LEVEL_REGISTRIES: ReadonlyMap<string, readonly string[]> = new Map([
  ["ar", ["com", "edu", "gob", "net", "org"]],
  ["at", ["ac", "co", "gv", "or"]],
  ["au", ["asn", "com", "edu", "gov", "id", "net", "org"]],
  ["br", ["com", "edu", "gov", "net", "org"]],
  ["cn", ["ac", "com", "edu", "gov", "net", "org"]],
  ["es", ["com", "edu", "gob", "nom", "org"]],
  ["hk", ["com", "edu", "gov", "idv", "net", "org"]],
  ["hu", ["co", "org"]],
  ["id", ["ac", "co", "go", "net", "or", "web"]],
  ["il", ["ac", "co", "gov", "net", "org"]],
  ["in", ["ac", "co", "edu", "firm", "gen", "gov", "ind", "net", "org"]],
  ["jp", ["ac", "ad", "co", "ed", "go", "gr", "lg", "ne", "or"]],
  ["kr", ["ac", "co", "go", "ne", "or", "pe", "re"]],
  ["mx", ["com", "edu", "gob", "net", "org"]],
  ["my", ["com", "edu", "gov", "net", "org"]],
  ["nz", ["ac", "co", "geek", "gen", "govt", "maori", "net", "org", "school"]],
  ["pl", ["com", "edu", "gov", "info", "net", "org"]],
  ["sg", ["com", "edu", "gov", "net", "org"]],
  ["th", ["ac", "co", "go", "in", "net", "or"]],
  ["tr", ["com", "edu", "gov", "net", "org"]],
  ["tw", ["com", "edu", "gov", "idv", "net", "org"]],
  ["ua", ["com", "edu", "gov", "in", "net", "org"]],
  ["uk", ["ac", "co", "gov", "ltd", "me", "net", "nhs", "org", "plc", "sch"]],
  ["za", ["ac", "co", "gov", "net", "org", "web"]],
]);

/** Companies that answer under several domains or bare addresses. */
const OPERATORS_OF_DOMAINS: ReadonlyMap<string, string> = new Map([
  ["1.0.0.1", "cloudflare"],
  ["1.1.1.1", "cloudflare"],
  ["2606:4700:4700::1001", "cloudflare"],
  ["2606:4700:4700::1111", "cloudflare"],
  ["akahelp.net", "akamai"],
  ["akamai.net", "akamai"],
  ["akamaitech.net", "akamai"],
  ["amazonaws.com", "amazon"],
  ["cloudflare-dns.com", "cloudflare"],
  ["cloudflare.com", "cloudflare"],
  ["cloudflareclient.com", "cloudflare"],
  ["dedyn.io", "desec"],
  ["desec.io", "desec"],
  ["dns.google", "google"],
  ["google.com", "google"],
  // Cloudflare's since 2021
  ["icanhazip.com", "cloudflare"],
  ["one.one", "cloudflare"],
  ["opendns.com", "cisco"],
  ["umbrella.com", "cisco"],
]);

/**
 * The operator of a server nobody has named one for: a known company, else the registrable domain of its
 * host name, so that all names that one party can make up share a vote. An address, or a single label, is its
 * own operator.
 *
 * @param host a host name in any case, or an address literal with or without brackets
 */
export function operatorOfHost(host: string): Operator {
  const name = host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
  const domain = parseAddress(name)?.text ?? registrableDomain(name);
  return operator(OPERATORS_OF_DOMAINS.get(domain) ?? domain);
}

function registrableDomain(name: string): string {
  const labels = name.split(".");
  const [second = "", top = ""] = labels.slice(-2);
  const isRegistry = SECOND_LEVEL_REGISTRIES.get(top)?.includes(second) ?? false;
  return labels.slice(isRegistry ? -3 : -2).join(".");
}
