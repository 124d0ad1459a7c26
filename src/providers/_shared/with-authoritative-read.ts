import { type Provider, wrapProvider } from "#core/provider.ts";
import { recordId } from "#core/record.ts";
import type { Authority } from "#core/verification.ts";
import { CONCURRENCY } from "#providers/_shared/by-zone.ts";
import { concurrently } from "#providers/_shared/concurrently.ts";

/** Where an API can only be told, the zone's own name servers say what is there. Others stay as they are. */
export function withAuthoritativeRead(provider: Provider, authority: Authority): Provider {
  if (provider.capabilities.read === "yes") return provider;
  return wrapProvider(provider, {
    async read(keys, signal) {
      const readings = await concurrently(keys, CONCURRENCY, async (key) => {
        return [recordId(key), await authority.read(key, signal)] as const;
      });
      return new Map(readings);
    },
  });
}
