import type { Capabilities } from "#core/provider.ts";
import { milliseconds, seconds } from "#core/units.ts";
import { defineProvider } from "#providers/definition.ts";
import { configSchema } from "#providers/rfc2136/config.ts";
import { DEFAULT_TTL } from "#providers/rfc2136/convert.ts";
import { createRfc2136 } from "#providers/rfc2136/provider.ts";

const CAPABILITIES: Capabilities = {
  granularity: "message",
  types: { A: "yes", AAAA: "yes" },
  // RFC 2181 section 8
  ttl: { min: seconds(0), max: seconds(2 ** 31 - 1), default: DEFAULT_TTL },
  wildcard: "yes",
  apex: "yes",
  multipleValues: "yes",
  read: "yes",
  // 100 changes of the longest names fit into a message of 64 KiB
  batch: 100,
  pacing: { requests: 100, per: milliseconds(1000), source: "none published: it is your own server" },
};

/** A DNS server of one's own: BIND, Knot, PowerDNS, Technitium and whoever else takes DNS UPDATE. */
export const rfc2136 = defineProvider({
  id: "rfc2136",
  title: "DNS UPDATE (RFC 2136)",
  docsUrl: "https://www.rfc-editor.org/rfc/rfc2136",
  description:
    "Writes straight to the zone's primary server. Make a key with tsig-keygen (BIND) or keymgr (Knot) and let the " +
    "zone's update policy grant it A and AAAA. Signatures carry the time: both clocks must be within five minutes.",
  example: {
    server: "ns1.example.org",
    key: { name: "update-key", algorithm: "hmac-sha256", secret: { file: "/run/secrets/tsig" } },
  },
  config: configSchema,
  capabilities: () => CAPABILITIES,
  secrets: ({ key }) => (key ? [key.secret] : []),
  create(config, ports, secret) {
    const key = config.key && { ...config.key, secret: secret(config.key.secret) };
    return createRfc2136(config, CAPABILITIES, key, ports);
  },
});
