import { z } from "zod";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Capabilities, Provider } from "#core/provider.ts";
import { milliseconds, seconds } from "#core/units.ts";
import {
  applyByZone,
  attempt,
  CONCURRENCY,
  pickReadings,
  readByZone,
  readingOf,
  type ZoneReaders,
} from "#providers/_shared/by-zone.ts";
import { checkByReading } from "#providers/_shared/check.ts";
import { concurrently } from "#providers/_shared/concurrently.ts";
import { warnOfPlainHttp } from "#providers/_shared/plain-http.ts";
import { secretReference } from "#schemas/secret.ts";
import { zoneName } from "#providers/_shared/zone-schema.ts";
import { createZones, type Zone, type Zones } from "#providers/_shared/zones.ts";
import { defineProvider } from "#providers/definition.ts";
import { createGandiApi, type GandiApi } from "#providers/gandi/api.ts";
import { fromGandi, gandiName } from "#providers/gandi/convert.ts";
import { httpUrl } from "#schemas/http-url.ts";

const capabilities: Capabilities = {
  granularity: "record-set",
  types: { A: "yes", AAAA: "yes" },
  // https://docs.gandi.net/en/domain_names/faq/record_types/: 5 minutes to 30 days
  ttl: { min: seconds(300), max: seconds(2_592_000), default: seconds(10_800) },
  wildcard: "yes",
  apex: "yes",
  multipleValues: "yes",
  read: "yes",
  batch: 1,
  pacing: {
    requests: 1000,
    per: milliseconds(60_000),
    source:
      "1,000 requests a minute from one address, as a third-party catalogue says; the vendor does not confirm it",
  },
};

export const gandi = defineProvider({
  id: "gandi",
  title: "Gandi LiveDNS",
  docsUrl: "https://api.gandi.net/docs/livedns/",
  description:
    "Make a personal access token for the organization that holds the domain, with the permission " +
    '"Manage domain name technical configurations". Tokens expire after a year at most. The domain must use ' +
    "Gandi's LiveDNS name servers. A write replaces a whole record set; TTLs below 300 seconds are refused.",
  config: z.strictObject({
    token: secretReference.meta({ description: "Personal access token" }),
    scheme: z
      .enum(["bearer", "apikey"])
      .default("bearer")
      .meta({ description: "`apikey` for the API keys that Gandi has deprecated" }),
    endpoint: httpUrl
      .prefault("https://api.gandi.net")
      .meta({ description: "Base URL of the API, without /v5" }),
    zone: zoneName
      .optional()
      .meta({ description: "The zone of all records; absent: the longest suffix that the token can see" }),
  }),
  example: { token: { env: "GANDI_TOKEN" } },
  capabilities: () => capabilities,
  secrets: (config) => [config.token],
  create(config, ports, secret) {
    warnOfPlainHttp(ports.log, "gandi", config.endpoint);
    const { endpoint, scheme, zone } = config;
    const api = createGandiApi(ports, { endpoint, scheme, zone, token: secret(config.token) });
    return createGandi(
      api,
      createZones("Gandi", ports.clock, (signal) => api.zones(signal)),
    );
  },
});

function createGandi(api: GandiApi, zones: Zones<Zone>): Provider {
  const readers: ZoneReaders<Zone> = {
    async one(zone, key, signal) {
      const set = await api.recordSet(zone, key, signal);
      return readingOf(set && fromGandi(key, set));
    },
    async all(zone, keys, signal) {
      const sets = await api.recordSets(zone, signal);
      const byId = new Map(sets.map((set) => [`${set.rrset_name.toLowerCase()}/${set.rrset_type}`, set]));
      return pickReadings(keys, (key) => {
        const set = byId.get(`${gandiName(zone, key)}/${key.type}`);
        return set && fromGandi(key, set);
      });
    },
  };
  const read: Provider["read"] = (keys, signal) => readByZone(keys, zones, readers, signal);
  return {
    capabilities,
    read,
    apply: (changes, signal) =>
      applyByZone(changes, zones, (zone, group) => putAll(api, zone, group, signal), signal),
    check: (keys, signal) => checkByReading("Gandi", zones, read, keys, signal),
  };
}

function putAll(
  api: GandiApi,
  zone: Zone,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  return concurrently(changes, CONCURRENCY, ({ after }) =>
    attempt(async () => ({ kind: "applied", words: await api.put(zone, after, signal) })),
  );
}
