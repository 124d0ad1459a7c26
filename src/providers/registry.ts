import { cloudflare } from "#providers/cloudflare/cloudflare.ts";
import type { ProviderDefinition } from "#providers/definition.ts";
import { dyndns2 } from "#providers/dyndns2/dyndns2.ts";
import { gandi } from "#providers/gandi/gandi.ts";
import { memory } from "#providers/memory/memory.ts";
import { powerdns } from "#providers/powerdns/powerdns.ts";
import { rfc2136 } from "#providers/rfc2136/rfc2136.ts";

/** Every provider, by its id: one line each. */
export const providers = {
  cloudflare,
  dyndns2,
  gandi,
  memory,
  powerdns,
  rfc2136,
} as const satisfies Readonly<Record<string, ProviderDefinition>>;
