import { parseAddress } from "#core/address.ts";
import { type Operator, operator } from "#core/witness.ts";

/**
 * Registries that sell names below a second label, by top-level domain. A pair that is missing here merges
 * unrelated hosts into one vote, which costs an answer; a wrong one would hand one operator two votes.
 * So it holds only suffixes run by the registries themselves.
 *
 * @see https://publicsuffix.org/list/ (the part between "ICANN DOMAINS" marks)
 */
const SECOND_LEVEL_REGISTRIES: Readonly<Record<string, readonly string[]>> = {
  ar: ["com", "edu", "gob", "net", "org"],
  at: ["ac", "co", "gv", "or"],
  au: ["asn", "com", "edu", "gov", "id", "net", "org"],
  br: ["com", "edu", "gov", "net", "org"],
  cn: ["ac", "com", "edu", "gov", "net", "org"],
  es: ["com", "edu", "gob", "nom", "org"],
  hk: ["com", "edu", "gov", "idv", "net", "org"],
  hu: ["co", "org"],
  id: ["ac", "co", "go", "net", "or", "web"],
  il: ["ac", "co", "gov", "net", "org"],
  in: ["ac", "co", "edu", "firm", "gen", "gov", "ind", "net", "org"],
  jp: ["ac", "ad", "co", "ed", "go", "gr", "lg", "ne", "or"],
  kr: ["ac", "co", "go", "ne", "or", "pe", "re"],
  mx: ["com", "edu", "gob", "net", "org"],
  my: ["com", "edu", "gov", "net", "org"],
  nz: ["ac", "co", "geek", "gen", "govt", "maori", "net", "org", "school"],
  pl: ["com", "edu", "gov", "info", "net", "org"],
  sg: ["com", "edu", "gov", "net", "org"],
  th: ["ac", "co", "go", "in", "net", "or"],
  tr: ["com", "edu", "gov", "net", "org"],
  tw: ["com", "edu", "gov", "idv", "net", "org"],
  ua: ["com", "edu", "gov", "in", "net", "org"],
  uk: ["ac", "co", "gov", "ltd", "me", "net", "nhs", "org", "plc", "sch"],
  za: ["ac", "co", "gov", "net", "org", "web"],
};

/**
 * The operator of a server nobody has named one for: the registrable domain of its host name, so that all
 * names that one party can make up share a vote. An address, or a single label, is its own operator.
 *
 * @param host a host name in any case, or an address literal with or without brackets
 */
export function operatorOfHost(host: string): Operator {
  const name = host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
  const address = parseAddress(name);
  if (address) return operator(address.text);
  const labels = name.split(".");
  const [second = "", top = ""] = labels.slice(-2);
  const isRegistry = SECOND_LEVEL_REGISTRIES[top]?.includes(second) ?? false;
  return operator(labels.slice(isRegistry ? -3 : -2).join("."));
}
