import { z } from "zod";
import { type Capabilities, type Provider } from "#core/provider.ts";
import { milliseconds, seconds } from "#core/units.ts";
import { warnOfPlainHttp } from "#providers/_shared/plain-http.ts";
import { secretReference } from "#schemas/secret.ts";
import { zoneName } from "#providers/_shared/zone-schema.ts";
import { createZones } from "#providers/_shared/zones.ts";
import { createCloudflareApi } from "#providers/cloudflare/api.ts";
import { createCloudflare } from "#providers/cloudflare/provider.ts";
import { defineProvider } from "#providers/definition.ts";
import { httpUrl } from "#schemas/http-url.ts";

const capabilities: Capabilities = {
  granularity: "record",
  types: { A: "yes", AAAA: "yes" },
  // 300 is what "automatic" stands for; Enterprise zones may go down to 30
  // https://developers.cloudflare.com/dns/manage-dns-records/reference/ttl/ (read 2026-11-22)
  ttl: { min: seconds(60), max: seconds(86_400), default: seconds(300) },
  wildcard: "yes",
  apex: "yes",
  multipleValues: "yes",
  read: "yes",
  // Of the Free plan: https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/
  batch: 200,
  pacing: {
    requests: 1200,
    per: milliseconds(300_000),
    source:
      "1,200 requests in five minutes for each user (https://developers.cloudflare.com/fundamentals/api/reference/limits/, read 2026-11-22)",
  },
};

export const cloudflare = defineProvider({
  id: "cloudflare",
  title: "Cloudflare",
  docsUrl: "https://developers.cloudflare.com/api/resources/dns/subresources/records/",
  description:
    "Make an API token with the permissions Zone.DNS:Edit and Zone.Zone:Read for the zone. Comments, tags and " +
    "the proxy setting of a record stay as they are. A record without a TTL of its own has Cloudflare's " +
    "automatic one. Proxied records answer with Cloudflare's addresses, so that DNS cannot verify them.",
  config: z.strictObject({
    token: secretReference.meta({ description: "API token" }),
    endpoint: httpUrl
      .prefault("https://api.cloudflare.com")
      .meta({ description: "Base URL of the API, without /client/v4" }),
    zone: zoneName
      .optional()
      .meta({ description: "The zone of all records; absent: the longest suffix that the token can see" }),
    proxied: z
      .boolean()
      .default(false)
      .meta({ description: "Whether new records are proxied; what is there already stays as it is" }),
  }),
  example: { token: { env: "CLOUDFLARE_TOKEN" } },
  capabilities: () => capabilities,
  secrets: (config) => [config.token],
  create(config, ports, secret): Provider {
    warnOfPlainHttp(ports.log, "cloudflare", config.endpoint);
    const { endpoint, zone, proxied } = config;
    const api = createCloudflareApi(ports, { endpoint, zone, token: secret(config.token) });
    const zones = createZones("Cloudflare", ports.clock, (signal) => api.zones(signal));
    return createCloudflare(api, zones, capabilities, { proxied });
  },
});
