import { type DomainName, zoneCandidates } from "#core/name.ts";
import { extendedRcode } from "#wire/dns/edns.ts";
import type { Message } from "#wire/dns/message.ts";
import { sameName } from "#wire/dns/name.ts";
import { RCODE } from "#wire/dns/rcode.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { TYPE } from "#wire/dns/types.ts";

/**
 * Finds the zone that holds a name by asking for SOA, from the name upwards. Usually one question: who denies
 * that the name has one says in the same answer which zone denies it (RFC 2308 section 3).
 *
 * @param ask the SOA question for a name; a resolver, or the zone's own server; `undefined`: nothing to go by
 * @param source `authority`: only what the server itself holds counts, and a referral ends the search
 * @returns `undefined` when there is none
 */
export async function findZone(
  name: DomainName,
  ask: (candidate: DomainName) => Promise<Message | undefined>,
  source: "authority" | "resolver",
): Promise<DomainName | undefined> {
  const candidates = zoneCandidates(name);
  for (const candidate of candidates) {
    const message = await ask(candidate);
    if (!message) continue;
    if (source === "authority" && !message.header.aa) {
      if (isReferral(message, candidates)) return undefined;
      continue;
    }
    const apex = apexOf(message, candidate, candidates);
    if (apex) return apex;
  }
  return undefined;
}

function apexOf(
  message: Message,
  candidate: DomainName,
  candidates: readonly DomainName[],
): DomainName | undefined {
  const rcode = extendedRcode(message);
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return undefined;
  const isSoaOf = (name: DomainName) => (record: ResourceRecord) =>
    record.type === TYPE.SOA && sameName(record.name, name);
  if (message.answers.some(isSoaOf(candidate))) return candidate;
  return candidates.find((name) => message.authorities.some(isSoaOf(name)));
}

/** The server holds a zone above and says that others hold this one. */
function isReferral(message: Message, candidates: readonly DomainName[]): boolean {
  return message.authorities.some(
    (record) => record.type === TYPE.NS && candidates.some((name) => sameName(record.name, name)),
  );
}
