import type { LookupAddress, LookupOptions } from "node:dns";
import type { Address, Family } from "#core/address.ts";
import type { Names } from "#core/ports.ts";

type Settle = (error: Error | null, found: string | LookupAddress[], family?: number) => void;

/** What sockets of Node take instead of getaddrinfo. */
export type Lookup = (host: string, options: LookupOptions, settle: Settle) => void;

/** RFC 8305 section 3: how long the addresses of one family wait for those of the other. */
const RESOLUTION_DELAY = 50;

/**
 * Names through the {@link Names} port. All addresses are handed over, so that one that is dead does not stop
 * the request; IPv4 first, as the family that networks which have both break less often.
 */
export function createLookup(names: Names, family: Family | undefined, signal: AbortSignal): Lookup {
  return (host, { all }, settle) => {
    const addresses = family ? names.resolve(host, family, signal) : resolveBoth(names, host, signal);
    addresses.then(
      (found) => {
        const entries = found.map((address) => ({ address: address.text, family: address.family }));
        if (all) settle(null, entries);
        else settle(null, entries[0]?.address ?? "", entries[0]?.family);
      },
      (error: unknown) => settle(error instanceof Error ? error : new Error(String(error)), []),
    );
  };
}

async function resolveBoth(names: Names, host: string, signal: AbortSignal): Promise<readonly Address[]> {
  const [ipv4, ipv6] = [names.resolve(host, 4, signal), names.resolve(host, 6, signal)];
  const first = await Promise.any([ipv4, ipv6]).catch(() => ipv4);
  const other = first[0]?.family === 4 ? ipv6 : ipv4;
  const second = await Promise.race([other.catch(() => []), delay(RESOLUTION_DELAY)]);
  return [...first, ...second].toSorted((a, b) => a.family - b.family);
}

function delay(span: number): Promise<readonly Address[]> {
  return new Promise((resolve) => setTimeout(resolve, span, []).unref());
}
