import { z } from "zod";
import { type DomainName, parseDomainName } from "#core/name.ts";
import type { Ports } from "#core/ports.ts";
import type { RecordKey, RecordSet } from "#core/record.ts";
import type { Secret } from "#core/secret.ts";
import { isNotFound } from "#providers/_shared/answer-error.ts";
import { type Api, createApi } from "#providers/_shared/api.ts";
import type { Explanation } from "#providers/_shared/refusal.ts";
import type { Zone } from "#providers/_shared/zones.ts";
import { gandiName, type GandiRecordSet, gandiRecordSet, toGandi } from "#providers/gandi/convert.ts";
/** LiveDNS v5, as far as it is used. */
export interface GandiApi {
  zones(signal: AbortSignal): Promise<readonly Zone[]>;
  /** `undefined`: there is no such record set. */
  recordSet(zone: Zone, key: RecordKey, signal: AbortSignal): Promise<GandiRecordSet | undefined>;
  recordSets(zone: Zone, signal: AbortSignal): Promise<readonly GandiRecordSet[]>;
  /** Replaces the whole set, or creates it. @returns Gandi's words */
  put(zone: Zone, set: RecordSet, signal: AbortSignal): Promise<string>;
}

export interface GandiOptions {
  readonly endpoint: URL;
  readonly token: Secret;
  readonly scheme: "apikey" | "bearer";
  /** The one zone to use, instead of all that the token can see. */
  readonly zone: DomainName | undefined;
}

const PER_PAGE = 100;

const domain = z.looseObject({ fqdn: z.string() });
const message = z.looseObject({ message: z.string() });
const failure = z.looseObject({ message: z.string().optional(), cause: z.string().optional() });

export function createGandiApi({ http, clock }: Ports, options: GandiOptions): GandiApi {
  const { endpoint, token, scheme, zone } = options;
  const api = createApi(http, clock, {
    title: "Gandi",
    endpoint,
    root: "/v5/livedns",
    secrets: [token],
    headers: () => ({
      authorization: `${scheme === "bearer" ? "Bearer" : "Apikey"} ${token.reveal()}`,
    }),
    explain,
  });
  return {
    zones: (signal) => (zone ? oneZone(api, zone, signal) : allZones(api, signal)),

    async recordSet(zone, key, signal) {
      try {
        const path = recordPath(zone, key);
        const action = `read "${key.name}/${key.type}" at Gandi`;
        const call = { action, effect: "read", method: "GET", path, answer: gandiRecordSet } as const;
        return (await api.call(call, signal)).value;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },

    recordSets: (zone, signal) =>
      pages(
        api,
        `read the zone "${zone.name}" at Gandi`,
        `${zonePath(zone)}/records`,
        gandiRecordSet,
        signal,
      ),

    async put(zone, set, signal) {
      const action = `write "${set.name}/${set.type}" at Gandi`;
      const path = recordPath(zone, set);
      const body = toGandi(set);
      const call = { action, effect: "write", method: "PUT", path, body, answer: message } as const;
      return (await api.call(call, signal)).value.message;
    },
  };
}

async function oneZone(api: Api, name: DomainName, signal: AbortSignal): Promise<readonly Zone[]> {
  const path = zonePath({ id: name });
  const action = `read the zone "${name}" at Gandi`;
  try {
    await api.call({ action, effect: "read", method: "GET", path, answer: domain }, signal);
    return [{ name, id: name }];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function allZones(api: Api, signal: AbortSignal): Promise<readonly Zone[]> {
  const domains = await pages(api, "list the zones at Gandi", "/domains", domain, signal);
  return domains.map(({ fqdn }) => ({ name: parseDomainName(fqdn), id: fqdn }));
}

/** Gandi may give fewer for each page than was asked for, so only an empty page or the total is the end. */
async function pages<Item>(
  api: Api,
  action: string,
  path: string,
  item: z.ZodType<Item>,
  signal: AbortSignal,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let page = 1; ; page += 1) {
    const { value, headers } = await api.call(
      {
        action,
        effect: "read",
        method: "GET",
        path: `${path}?per_page=${PER_PAGE}&page=${page}`,
        answer: z.array(item),
      },
      signal,
    );
    items.push(...value);
    const total = headers["total-count"];
    const isLast = total === undefined ? value.length < PER_PAGE : items.length >= Number(total);
    if (value.length === 0 || isLast) return items;
  }
}

function zonePath(zone: Pick<Zone, "id">): string {
  return `/domains/${encodeURIComponent(zone.id)}`;
}

function recordPath(zone: Zone, key: RecordKey): string {
  return `${zonePath(zone)}/records/${encodeURIComponent(gandiName(zone, key))}/${key.type}`;
}

/**
 * `{"object": "HTTPForbidden", "cause": "Forbidden", "code": 403, "message": "..."}`. An expired token gets 403
 * like one of too little scope (https://api.gandi.net/docs/livedns/, read 2026-11-22), so that both are for the
 * person to mend at the token.
 */
function explain(status: number, json: unknown): Explanation {
  const parsed = failure.safeParse(json);
  const words = parsed.success ? (parsed.data.message ?? parsed.data.cause) : undefined;
  if (status !== 401 && status !== 403) return { words };
  return {
    words,
    code: "authentication",
    hint:
      status === 401
        ? "check the token: personal access tokens live for a year at most"
        : 'the token has expired, or lacks "Manage domain name technical configurations" for this domain',
  };
}
