import { parseAddress } from "#core/address.ts";
import { isJson, isObjects, parseObject } from "#testing/emulators/body.ts";
import {
  type EmulatedAnswer,
  type EmulatedRequest,
  Emulator,
  type EmulatorOptions,
  type Vendor,
} from "#testing/emulators/emulator.ts";

export interface CloudflareEmulatorOptions extends EmulatorOptions {
  readonly zones: readonly string[];
  readonly token: string;
}

export interface StoredRecord {
  readonly id: string;
  readonly zone: string;
  readonly type: string;
  readonly name: string;
  readonly content: string;
  readonly ttl: number;
  readonly proxied: boolean;
  readonly comment: string | null;
  readonly tags: readonly string[];
}

const ROOT = "/client/v4/zones";
const FIELDS: readonly string[] = ["type", "name", "content", "ttl", "proxied", "comment", "tags"];
const BATCH_LIMIT = 200;

/** Ends a request with an error of the vendor. */
class Refusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Cloudflare's API v4 for DNS records as https://developers.cloudflare.com/api/resources/dns/ (read 2026-11-22)
 * describes it: records by id, envelopes with `success` and `errors`, TTLs of 1 or 60 to 86400, `proxied`
 * records with an automatic TTL, identical records refused with 81058, batches that are transactions.
 */
export class CloudflareEmulator extends Emulator {
  readonly #vendor: Cloudflare;

  constructor(options: CloudflareEmulatorOptions) {
    const vendor = new Cloudflare(options);
    super(vendor, options);
    this.#vendor = vendor;
  }

  seed(
    zone: string,
    record: Partial<StoredRecord> & Pick<StoredRecord, "content" | "name" | "type">,
  ): StoredRecord {
    return this.#vendor.insert(zone, record);
  }

  get records(): readonly StoredRecord[] {
    return [...this.#vendor.records.values()];
  }

  find(name: string, type: string): readonly StoredRecord[] {
    return this.records.filter((record) => record.name === name && record.type === type);
  }

  remove(id: string): void {
    this.#vendor.records.delete(id);
  }
}

class Cloudflare implements Vendor {
  records = new Map<string, StoredRecord>();
  readonly #options: CloudflareEmulatorOptions;
  #lastId = 0;

  constructor(options: CloudflareEmulatorOptions) {
    this.#options = options;
  }

  isWrite({ method }: EmulatedRequest): boolean {
    return method !== "GET";
  }

  insert(
    zone: string,
    fields: Partial<StoredRecord> & Pick<StoredRecord, "content" | "name" | "type">,
  ): StoredRecord {
    this.#lastId += 1;
    const id = this.#lastId.toString(16).padStart(32, "0");
    const record = { ttl: 1, proxied: false, comment: null, tags: [], ...fields, id, zone };
    this.records.set(id, record);
    return record;
  }

  answer(request: EmulatedRequest): EmulatedAnswer {
    const before = new Map(this.records);
    try {
      this.#authenticate(request);
      return { status: 200, body: { errors: [], messages: [], success: true, ...this.#route(request) } };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.records = before;
      const errors = [{ code: error.code, message: error.message }];
      return { status: error.status, body: { success: false, errors, messages: [], result: null } };
    }
  }

  #authenticate({ headers }: EmulatedRequest): void {
    if (!headers["user-agent"])
      throw new Refusal(403, 1010, "The owner of this website has banned your access");
    const { authorization } = headers;
    if (authorization === undefined)
      throw new Refusal(400, 9106, "Missing X-Auth-Key or Authorization headers");
    if (!/^Bearer \S+$/.test(authorization)) {
      throw new Refusal(400, 6111, "Invalid format for Authorization header");
    }
    if (authorization !== `Bearer ${this.#options.token}`)
      throw new Refusal(403, 9109, "Invalid access token");
  }

  #route(request: EmulatedRequest) {
    const { method, url } = request;
    if (!url.pathname.startsWith(ROOT)) throw new Refusal(404, 7000, "No route for that URI");
    const [zoneId, resource, id] = url.pathname
      .slice(ROOT.length)
      .split("/")
      .slice(1)
      .map(decodeURIComponent);
    if (zoneId === undefined) return this.#listZones(url);
    const zone = this.#options.zones.find((name) => zoneIdOf(name) === zoneId);
    if (zone === undefined || resource !== "dns_records") {
      throw new Refusal(
        404,
        7003,
        `Could not route to ${url.pathname}, perhaps your object identifier is invalid?`,
      );
    }
    if (method === "GET" && id === undefined) return this.#listRecords(zone, url);
    if (method === "POST" && id === undefined) return { result: this.#create(zone, bodyOf(request)) };
    if (method === "POST" && id === "batch") return { result: this.#batch(zone, bodyOf(request)) };
    if (method === "PATCH" && id !== undefined) return { result: this.#patch(zone, id, bodyOf(request)) };
    if (method === "DELETE" && id !== undefined) return { result: this.#delete(zone, id) };
    throw new Refusal(405, 10_405, "Method not allowed for this authentication scheme");
  }

  #listZones(url: URL) {
    const name = url.searchParams.get("name");
    const zones = this.#options.zones.filter((zone) => name === null || zone === name);
    const items = zones.map((zone) => ({ id: zoneIdOf(zone), name: zone, status: "active", paused: false }));
    return pageOf(items, url, 20, 50);
  }

  #listRecords(zone: string, url: URL) {
    const [name, type] = [url.searchParams.get("name"), url.searchParams.get("type")];
    const records = [...this.records.values()].filter(
      (record) =>
        record.zone === zone &&
        (name ?? record.name) === record.name &&
        (type ?? record.type) === record.type,
    );
    return pageOf(records.map(shown), url, 100, 5000);
  }

  #create(zone: string, body: Readonly<Record<string, unknown>>) {
    const fields = this.#validate(zone, body);
    const { type, name, content } = fields;
    if (type === undefined || name === undefined || content === undefined) {
      throw new Refusal(400, 9207, "type, name and content are required");
    }
    this.#refuseDuplicate({ type, name, content });
    const proxied = fields.proxied ?? false;
    return shown(
      this.insert(zone, { ...fields, type, name, content, proxied, ttl: proxied ? 1 : (fields.ttl ?? 1) }),
    );
  }

  #patch(zone: string, id: string, body: Readonly<Record<string, unknown>>) {
    const record = this.#existing(zone, id);
    const fields = this.#validate(zone, { type: record.type, ...body });
    const patched = { ...record, ...fields };
    this.#refuseDuplicate(patched, id);
    const result = { ...patched, ttl: patched.proxied ? 1 : patched.ttl };
    this.records.set(id, result);
    return shown(result);
  }

  #delete(zone: string, id: string) {
    this.#existing(zone, id);
    this.records.delete(id);
    return { id };
  }

  /** One transaction, in the documented order. */
  #batch(zone: string, body: Readonly<Record<string, unknown>>) {
    const { deletes = [], patches = [], posts = [], ...others } = body;
    if (Object.keys(others).length > 0) throw new Refusal(400, 9207, "unknown fields in the batch");
    if (!isObjects(deletes) || !isObjects(patches) || !isObjects(posts)) {
      throw new Refusal(400, 9207, "deletes, patches and posts must be lists");
    }
    if (deletes.length + patches.length + posts.length > BATCH_LIMIT) {
      throw new Refusal(400, 81_060, `at most ${BATCH_LIMIT} records in a batch`);
    }
    return {
      deletes: deletes.map(({ id }) => this.#delete(zone, textOf(id))),
      patches: patches.map(({ id, ...fields }) => this.#patch(zone, textOf(id), fields)),
      posts: posts.map((fields) => this.#create(zone, fields)),
    };
  }

  #existing(zone: string, id: string): StoredRecord {
    const record = this.records.get(id);
    if (record?.zone === zone) return record;
    throw new Refusal(404, 81_044, "Record does not exist.");
  }

  #validate(zone: string, body: Readonly<Record<string, unknown>>): Partial<StoredRecord> {
    const unknown = Object.keys(body).find((field) => !FIELDS.includes(field));
    if (unknown !== undefined) throw new Refusal(400, 9207, `unknown field "${unknown}"`);
    const { type, name, content, ttl, proxied } = body;
    if (type !== "A" && type !== "AAAA") throw new Refusal(400, 9004, "Only A and AAAA are emulated");
    return {
      type,
      ...(name === undefined ? {} : { name: nameIn(zone, name) }),
      ...(content === undefined ? {} : { content: contentOf(type, content) }),
      ...(ttl === undefined ? {} : { ttl: ttlOf(ttl) }),
      ...(proxied === undefined ? {} : { proxied: proxied === true }),
    };
  }

  #refuseDuplicate(wanted: Pick<StoredRecord, "content" | "name" | "type">, except?: string): void {
    const isThere = [...this.records.values()].some(
      ({ id, type, name, content }) =>
        id !== except && type === wanted.type && name === wanted.name && content === wanted.content,
    );
    if (isThere) throw new Refusal(400, 81_058, "An identical record already exists.");
  }
}

/** 32 characters, as the real ones. */
export function zoneIdOf(zone: string): string {
  return Buffer.from(zone).toString("hex").padEnd(32, "0").slice(0, 32);
}

function shown({ zone, ...record }: StoredRecord) {
  return {
    ...record,
    zone_name: zone,
    proxiable: true,
    settings: {},
    meta: {},
    created_on: "2026-01-01T00:00:00Z",
  };
}

function pageOf(items: readonly unknown[], url: URL, usual: number, most: number) {
  const size = Number(url.searchParams.get("per_page") ?? usual);
  const page = Number(url.searchParams.get("page") ?? 1);
  if (!(size >= 5 && size <= most)) throw new Refusal(400, 6003, `per_page must be between 5 and ${most}`);
  const result = items.slice((page - 1) * size, page * size);
  const counts = {
    count: result.length,
    total_count: items.length,
    total_pages: Math.ceil(items.length / size),
  };
  return { result, result_info: { page, per_page: size, ...counts } };
}

function bodyOf({ headers, body }: EmulatedRequest): Readonly<Record<string, unknown>> {
  const parsed = isJson(headers["content-type"]) ? parseObject(body) : undefined;
  if (!parsed) throw new Refusal(400, 9207, "Content-Type must be application/json, and the body an object");
  return parsed;
}

/** What is not below the zone is taken as relative to it, as the real API does. */
function nameIn(zone: string, value: unknown): string {
  const name = textOf(value).toLowerCase();
  if (name.endsWith(".") || /[^\w.*@-]/.test(name)) throw new Refusal(400, 9000, "DNS name is invalid.");
  if (name === "@") return zone;
  return name === zone || name.endsWith(`.${zone}`) ? name : `${name}.${zone}`;
}

function contentOf(type: "A" | "AAAA", value: unknown): string {
  const address = parseAddress(textOf(value));
  if (address?.family === (type === "A" ? 4 : 6)) return address.text;
  throw new Refusal(
    400,
    9005,
    `Content for ${type} record must be a valid ${type === "A" ? "IPv4" : "IPv6"} address.`,
  );
}

function ttlOf(value: unknown): number {
  if (
    typeof value === "number" &&
    Number.isInteger(value) &&
    (value === 1 || (value >= 60 && value <= 86_400))
  ) {
    return value;
  }
  throw new Refusal(400, 9021, "Invalid TTL. Must be between 60 and 86,400 seconds, or 1 for Automatic.");
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  throw new Refusal(400, 9207, "expected a string");
}
