import { type Address, type Family, parseAddress } from "#core/address.ts";
import { CancelledError } from "#core/errors.ts";
import type { Endpoint } from "#core/ports.ts";
import { type Seconds, seconds } from "#core/units.ts";
import { errorCode } from "#platform/transport-failure.ts";

/** What DNS says of one name; no addresses: there certainly are none. */
export interface NameAnswer {
  readonly addresses: readonly Address[];
  /** The smallest of the chain. */
  readonly ttl: Seconds;
}

/** Rejects when no name server gave a usable answer, and with CancelledError. */
export type AskName = (host: string, family: Family, signal: AbortSignal) => Promise<NameAnswer>;

/** Time and attempts for each name server; three seconds in all for a single one that is dead. */
const PATIENCE = { timeout: 1000, tries: 2, maxTimeout: 2000 };
/** How long a name without addresses is believed to have none. */
const NEGATIVE_TTL = seconds(5);
const NO_ADDRESS = ["ENODATA", "ENOTFOUND", "EBADNAME"];

/**
 * Asks the system's name servers, or the given ones, without the threads of getaddrinfo. Each question reads
 * the system's settings anew (30 µs), so a change of resolv.conf counts from the next question on.
 */
export function createAskName(servers: readonly string[] = []): AskName {
  return async (host, family, signal) => {
    if (signal.aborted) throw new CancelledError();
    const resolver = createResolver(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener("abort", cancel);
    try {
      const options = { ttl: true } as const;
      const records = await (family === 4
        ? resolver.resolve4(host, options)
        : resolver.resolve6(host, options));
      const addresses = records.flatMap(({ address }) => parseAddress(address) ?? []);
      return { addresses, ttl: seconds(Math.min(...records.map(({ ttl }) => ttl))) };
    } catch (error) {
      if (signal.aborted) throw new CancelledError();
      if (NO_ADDRESS.includes(errorCode(error))) return { addresses: [], ttl: NEGATIVE_TTL };
      throw error;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
}

/** The name servers in use, in order; those with a zone id are left out. */
export function listNameServers(servers: readonly string[] = []): readonly Endpoint[] {
  return createResolver(servers).getServers().flatMap(parseServer);
}

function createResolver(servers: readonly string[]) {
  const { Resolver } = process.getBuiltinModule("node:dns/promises");
  const resolver = new Resolver(PATIENCE);
  if (servers.length > 0) resolver.setServers(servers);
  return resolver;
}

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`. */
function parseServer(text: string): readonly Endpoint[] {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const address = parseAddress(bracketed ?? plain ?? text);
  return address ? [{ address, port: Number(port ?? 53) }] : [];
}
