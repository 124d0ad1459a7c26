import { z } from "zod";
import type { DomainName } from "#core/name.ts";
import type { Ports } from "#core/ports.ts";
import type { RecordKey } from "#core/record.ts";
import type { Secret } from "#core/secret.ts";
import { createApi } from "#providers/_shared/api.ts";
import type { Explanation } from "#providers/_shared/refusal.ts";
import type { Zone } from "#providers/_shared/zones.ts";
import {
  fromPowerdnsName,
  type PowerdnsRecordSet,
  powerdnsRecordSet,
  type toPowerdns,
  toPowerdnsName,
} from "#providers/powerdns/convert.ts";

export interface PowerdnsZone extends Zone {
  /** `Native`, `Master`, `Slave`, ...: whether other servers have to be told of a change. */
  readonly kind: string;
}

/** The HTTP API of PowerDNS Authoritative 4.x and 5.x, as far as it is used. */
export interface PowerdnsApi {
  zones(signal: AbortSignal): Promise<readonly PowerdnsZone[]>;
  recordSet(zone: Zone, key: RecordKey, signal: AbortSignal): Promise<PowerdnsRecordSet | undefined>;
  recordSets(zone: Zone, signal: AbortSignal): Promise<readonly PowerdnsRecordSet[]>;
  /** All of them or none. */
  patch(zone: Zone, sets: readonly ReturnType<typeof toPowerdns>[], signal: AbortSignal): Promise<void>;
  /** Tells the secondary servers, which would otherwise learn of a change a minute later. */
  notify(zone: Zone, signal: AbortSignal): Promise<void>;
}

export interface PowerdnsOptions {
  readonly endpoint: URL;
  readonly key: Secret;
  readonly server: string;
  /** The one zone to use, instead of all that the server has. */
  readonly zone: DomainName | undefined;
}

const zoneItem = z.looseObject({ id: z.string().min(1), name: z.string(), kind: z.string() });
const wholeZone = z.looseObject({ rrsets: z.array(powerdnsRecordSet) });
const failure = z.looseObject({ error: z.string(), errors: z.array(z.string()).optional() });

export function createPowerdnsApi({ http, clock }: Ports, options: PowerdnsOptions): PowerdnsApi {
  const { endpoint, key, server, zone } = options;
  const api = createApi(http, clock, {
    title: "PowerDNS",
    endpoint,
    root: "/api/v1",
    secrets: [key],
    headers: () => ({ "x-api-key": key.reveal() }),
    explain,
  });
  const root = `/servers/${encodeURIComponent(server)}/zones`;
  // The id of the answer is made for URLs already (https://doc.powerdns.com/authoritative/http-api/zone.html)
  const pathOf = (zone: Zone) => `${root}/${zone.id}`;
  const readZone = async (zone: Zone, query: string, what: string, signal: AbortSignal) => {
    const action = `read ${what} at PowerDNS`;
    const path = `${pathOf(zone)}${query}`;
    const call = { action, effect: "read", method: "GET", path, answer: wholeZone } as const;
    return (await api.call(call, signal)).value.rrsets;
  };
  return {
    async zones(signal) {
      const action = "list the zones at PowerDNS";
      // Without the DNSSEC state, which is expensive to tell for many zones
      const query = new URLSearchParams({ dnssec: "false", ...(zone && { zone: toPowerdnsName(zone) }) });
      const call = { action, effect: "read", method: "GET", path: `${root}?${query.toString()}` } as const;
      const items = (await api.call({ ...call, answer: z.array(zoneItem) }, signal)).value;
      const zones = items.map(({ id, name, kind }) => ({ id, kind, name: fromPowerdnsName(name) }));
      return zone ? zones.filter(({ name }) => name === zone) : zones;
    },

    async recordSet(zone, key, signal) {
      // Filters since 4.8; older servers ignore them and send the whole zone
      const query = new URLSearchParams({ rrset_name: toPowerdnsName(key.name), rrset_type: key.type });
      const sets = await readZone(zone, `?${query.toString()}`, `"${key.name}/${key.type}"`, signal);
      return findRecordSet(sets, key);
    },

    recordSets: (zone, signal) => readZone(zone, "", `the zone "${zone.name}"`, signal),

    async patch(zone, rrsets, signal) {
      const action = `write to the zone "${zone.name}" at PowerDNS`;
      const call = { action, effect: "write", method: "PATCH", path: pathOf(zone) } as const;
      await api.call({ ...call, body: { rrsets }, answer: z.undefined() }, signal);
    },

    async notify(zone, signal) {
      const action = `notify the secondary servers of "${zone.name}" by PowerDNS`;
      const call = { action, effect: "write", method: "PUT", path: `${pathOf(zone)}/notify` } as const;
      await api.call({ ...call, answer: z.unknown() }, signal);
    },
  };
}

export function findRecordSet(
  sets: readonly PowerdnsRecordSet[],
  key: RecordKey,
): PowerdnsRecordSet | undefined {
  const name = toPowerdnsName(key.name);
  return sets.find((set) => set.type === key.type && set.name.toLowerCase() === name);
}

/** `{"error": "..."}`, with 422 for whatever the server understood and will not do. */
function explain(_status: number, json: unknown): Explanation {
  const parsed = failure.safeParse(json);
  if (!parsed.success) return {};
  const words = [parsed.data.error, ...(parsed.data.errors ?? [])].join("; ");
  return {
    words,
    ...(/^Could not find (domain|zone)\b/i.test(parsed.data.error) ? { code: "not-found" } : {}),
  };
}
