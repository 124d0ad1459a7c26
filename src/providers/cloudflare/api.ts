import { z } from "zod";
import { type DomainName, parseDomainName } from "#core/name.ts";
import type { Ports } from "#core/ports.ts";
import type { RecordKey, RecordType } from "#core/record.ts";
import type { Secret } from "#core/secret.ts";
import { type Api, createApi } from "#providers/_shared/api.ts";
import type { Explanation } from "#providers/_shared/refusal.ts";
import type { Zone } from "#providers/_shared/zones.ts";
import { type CloudflareRecord, cloudflareRecord, type Operation } from "#providers/cloudflare/convert.ts";

/** API v4, as far as it is used. */
export interface CloudflareApi {
  zones(signal: AbortSignal): Promise<readonly Zone[]>;
  recordsOf(zone: Zone, key: RecordKey, signal: AbortSignal): Promise<readonly CloudflareRecord[]>;
  allRecords(zone: Zone, type: RecordType, signal: AbortSignal): Promise<readonly CloudflareRecord[]>;
  send(zone: Zone, operation: Operation, signal: AbortSignal): Promise<void>;
  /** All of them or none; in the order of deletions, changes, creations. */
  sendBatch(zone: Zone, operations: readonly Operation[], signal: AbortSignal): Promise<void>;
}

export interface CloudflareOptions {
  readonly endpoint: URL;
  readonly token: Secret;
  /** The one zone to use, instead of all that the token can see. */
  readonly zone: DomainName | undefined;
}

/** The largest pages that the API gives (https://developers.cloudflare.com/api/, read 2026-11-22). */
const ZONES_PER_PAGE = 50;
const RECORDS_PER_PAGE = 5000;

/** Codes of https://developers.cloudflare.com/dns/, 971 of support threads; all read 2026-11-22. */
export const IDENTICAL_RECORD: readonly number[] = [81_057, 81_058];
/** By A, AAAA or CNAME; by CNAME (favonia/cloudflare-ddns issue 990). */
const NAME_IN_USE: readonly number[] = [81_053, 81_054];
const THROTTLED = 971;

const zoneItem = z.looseObject({ id: z.string().min(1), name: z.string() });
const paging = z.looseObject({ total_pages: z.int().optional() });
const failure = z.looseObject({
  errors: z.array(
    z.looseObject({
      code: z.int(),
      message: z.string(),
      error_chain: z.array(z.looseObject({ code: z.int(), message: z.string() })).optional(),
    }),
  ),
});

export function createCloudflareApi({ http, clock }: Ports, options: CloudflareOptions): CloudflareApi {
  const { endpoint, token, zone } = options;
  const api = createApi(http, clock, {
    title: "Cloudflare",
    endpoint,
    root: "/client/v4",
    secrets: [token],
    headers: () => ({ authorization: `Bearer ${token.reveal()}` }),
    explain,
  });
  return {
    async zones(signal) {
      const only = zone ? { name: zone } : {};
      const query = { per_page: `${ZONES_PER_PAGE}`, ...only };
      const items = await pages(api, "list the zones at Cloudflare", "/zones", query, zoneItem, signal);
      return items.map(({ id, name }) => ({ id, name: parseDomainName(name) }));
    },

    recordsOf(zone, { name, type }, signal) {
      const action = `read "${name}/${type}" at Cloudflare`;
      return pages(api, action, recordsPath(zone), { type, name }, cloudflareRecord, signal);
    },

    allRecords(zone, type, signal) {
      const action = `read the zone "${zone.name}" at Cloudflare`;
      const query = { type, per_page: `${RECORDS_PER_PAGE}` };
      return pages(api, action, recordsPath(zone), query, cloudflareRecord, signal);
    },

    async send(zone, operation, signal) {
      const path = recordsPath(zone);
      const answer = envelope(z.looseObject({ id: z.string() }));
      const call = {
        action: `write to the zone "${zone.name}" at Cloudflare`,
        effect: "write",
        answer,
      } as const;
      await api.call({ ...call, ...requestOf(path, operation) }, signal);
    },

    async sendBatch(zone, operations, signal) {
      const path = `${recordsPath(zone)}/batch`;
      const answer = envelope(z.looseObject({}));
      const action = `write to the zone "${zone.name}" at Cloudflare`;
      const body = batchOf(operations);
      await api.call({ action, effect: "write", method: "POST", path, body, answer }, signal);
    },
  };
}

async function pages<Item>(
  api: Api,
  action: string,
  path: string,
  query: Readonly<Record<string, string>>,
  item: z.ZodType<Item>,
  signal: AbortSignal,
): Promise<readonly Item[]> {
  const answer = envelope(z.array(item)).extend({ result_info: paging.optional() });
  const items: Item[] = [];
  for (let page = 1; ; page += 1) {
    const search = new URLSearchParams({ ...query, ...(page > 1 ? { page: `${page}` } : {}) });
    const call = {
      action,
      effect: "read",
      method: "GET",
      path: `${path}?${search.toString()}`,
      answer,
    } as const;
    const { result, result_info } = (await api.call(call, signal)).value;
    items.push(...result);
    if (result.length === 0 || page >= (result_info?.total_pages ?? 1)) return items;
  }
}

function envelope<Result extends z.ZodType>(result: Result) {
  return z.looseObject({ success: z.literal(true), result });
}

function recordsPath(zone: Zone): string {
  return `/zones/${encodeURIComponent(zone.id)}/dns_records`;
}

function requestOf(path: string, operation: Operation) {
  switch (operation.kind) {
    case "post":
      return { method: "POST", path, body: operation.body } as const;
    case "patch":
      return {
        method: "PATCH",
        path: `${path}/${encodeURIComponent(operation.id)}`,
        body: operation.body,
      } as const;
    case "delete":
      return { method: "DELETE", path: `${path}/${encodeURIComponent(operation.id)}` } as const;
  }
}

function batchOf(operations: readonly Operation[]) {
  return {
    deletes: operations.flatMap((item) => (item.kind === "delete" ? [{ id: item.id }] : [])),
    patches: operations.flatMap((item) => (item.kind === "patch" ? [{ id: item.id, ...item.body }] : [])),
    posts: operations.flatMap((item) => (item.kind === "post" ? [item.body] : [])),
  };
}

/**
 * `{"success": false, "errors": [{"code": 9109, "message": "..."}]}`. The codes say more than the status: a
 * token that is wrong, expired or of too little scope gets 400, 401 or 403 alike
 * (https://developers.cloudflare.com/fundamentals/api/troubleshooting/, read 2026-11-22).
 */
const AUTHENTICATION_CODES: readonly number[] = [1000, 6003, 6111, 9106, 9109, 10_000, 10_001];
const ZONE_GONE: readonly number[] = [1001, 7000, 7003];

function explain(status: number, json: unknown): Explanation {
  const parsed = failure.safeParse(json);
  if (!parsed.success) return {};
  const errors = parsed.data.errors.flatMap((error) => [error, ...(error.error_chain ?? [])]);
  const [first] = errors;
  const words = errors.map(({ code, message }) => `${message} (${code})`).join("; ");
  const vendorCode = first?.code;
  if (status === 401 || (status < 429 && errors.some(({ code }) => AUTHENTICATION_CODES.includes(code)))) {
    const hint = "check the token: it needs the permissions Zone.DNS:Edit and Zone.Zone:Read for this zone";
    return { words, vendorCode, code: "authentication", hint };
  }
  if (errors.some(({ code }) => ZONE_GONE.includes(code))) return { words, vendorCode, code: "not-found" };
  if (errors.some(({ code }) => code === THROTTLED)) return { words, vendorCode, code: "rate-limited" };
  if (errors.some(({ code }) => NAME_IN_USE.includes(code))) return { words, vendorCode, code: "conflict" };
  return { words, vendorCode };
}
