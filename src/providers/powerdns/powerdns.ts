import { z } from "zod";
import type { Capabilities } from "#core/provider.ts";
import { milliseconds, seconds } from "#core/units.ts";
import { warnOfPlainHttp } from "#providers/_shared/plain-http.ts";
import { secretReference } from "#schemas/secret.ts";
import { zoneName } from "#providers/_shared/zone-schema.ts";
import { createZones } from "#providers/_shared/zones.ts";
import { defineProvider } from "#providers/definition.ts";
import { createPowerdnsApi } from "#providers/powerdns/api.ts";
import { DEFAULT_TTL } from "#providers/powerdns/convert.ts";
import { createPowerdns } from "#providers/powerdns/provider.ts";
import { httpUrl } from "#schemas/http-url.ts";

const capabilities: Capabilities = {
  granularity: "message",
  types: { A: "yes", AAAA: "yes" },
  // RFC 2181 section 8: 31 bits
  ttl: { min: seconds(0), max: seconds(2_147_483_647), default: seconds(DEFAULT_TTL) },
  wildcard: "yes",
  apex: "yes",
  multipleValues: "yes",
  read: "yes",
  batch: 1000,
  pacing: {
    requests: 1000,
    per: milliseconds(1000),
    source: "none is published: the server is one's own",
  },
};

export const powerdns = defineProvider({
  id: "powerdns",
  title: "PowerDNS Authoritative",
  docsUrl: "https://doc.powerdns.com/authoritative/http-api/",
  description:
    "Switch the API on with `api=yes`, `api-key=…` and `webserver=yes`, and put TLS in front of it when it is " +
    "not on the same host. Several records change in one request, all or none. Records that are disabled in " +
    "the server, and comments, stay. Zones of kind Master are notified after a write.",
  config: z.strictObject({
    key: secretReference.meta({ description: "The `api-key` of the server" }),
    endpoint: httpUrl.meta({ description: "Base URL of the server, without /api/v1" }),
    server: z.string().min(1).default("localhost").meta({ description: "The server's id in its own API" }),
    zone: zoneName
      .optional()
      .meta({ description: "The zone of all records; absent: the longest suffix that the server has" }),
  }),
  example: { endpoint: "https://ns1.example.org:8081", key: { env: "POWERDNS_KEY" } },
  capabilities: () => capabilities,
  secrets: (config) => [config.key],
  create(config, ports, secret) {
    warnOfPlainHttp(ports.log, "powerdns", config.endpoint);
    const { endpoint, server, zone } = config;
    const api = createPowerdnsApi(ports, { endpoint, server, zone, key: secret(config.key) });
    const zones = createZones("PowerDNS", ports.clock, (signal) => api.zones(signal));
    return createPowerdns(api, zones, capabilities, ports.log);
  },
});
