import { type DomainName, isWithin } from "#core/name.ts";
import type { Clock } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import { UnsignedAnswer } from "#dns/failure.ts";
import { SharedCache } from "#dns/shared-cache.ts";
import { findZone } from "#dns/zone-search.ts";
import { AnswerError } from "#providers/_shared/answer-error.ts";
import type { Message } from "#wire/dns/message.ts";
import { RCODE } from "#wire/dns/rcode.ts";

const LIFETIME = milliseconds(10 * 60_000);

/** The zone that holds a name, configured or found. @throws {AnswerError} (rejects) when the server has none */
export type ZoneOf = (name: DomainName, signal: AbortSignal) => Promise<DomainName>;

/** @param ask the server's trusted answer to a question for SOA */
export function createZoneOf(
  configured: DomainName | undefined,
  label: string,
  clock: Clock,
  ask: (name: DomainName, signal: AbortSignal) => Promise<Message>,
): ZoneOf {
  const found = new SharedCache<DomainName, DomainName>(clock, LIFETIME);
  const search = async (name: DomainName, signal: AbortSignal) => {
    const askOne = (candidate: DomainName) => ask(candidate, signal).catch(noneIfRefused);
    const zone = await findZone(name, askOne, "authority");
    if (!zone) throw noZone(name, `${label} holds no zone for it`, "name the zone's primary server");
    return zone;
  };
  return async (name, signal) => {
    if (!configured) return found.get(name, (inner) => search(name, inner), signal);
    if (isWithin(name, configured)) return configured;
    throw noZone(name, `it is not within the zone "${configured}"`, "check `zone`");
  };
}

function noZone(name: DomainName, why: string, hint: string): AnswerError {
  const words = `no zone for ${name}: ${why}`;
  return new AnswerError(`Cannot find the zone of "${name}": ${why}`, { code: "not-found", words, hint });
}

/** A server may know the key for its own zones alone (Knot): then it refuses the others without a signature. */
function noneIfRefused(error: unknown): undefined {
  if (error instanceof UnsignedAnswer && error.rcode === RCODE.REFUSED) return undefined;
  throw error;
}
