import { parseAddress } from "#core/address.ts";
import { isObjects, parseObject } from "#testing/emulators/body.ts";
import {
  type EmulatedAnswer,
  type EmulatedRequest,
  Emulator,
  type EmulatorOptions,
  type Vendor,
} from "#testing/emulators/emulator.ts";

export interface PowerdnsEmulatorOptions extends EmulatorOptions {
  readonly zones: readonly string[];
  readonly key: string;
  /** Absent: `Native`. */
  readonly kind?: "Master" | "Native" | undefined;
}

export interface StoredSet {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly records: readonly { readonly content: string; readonly disabled: boolean }[];
  readonly comments: readonly unknown[];
}

const ROOT = "/api/v1/servers/localhost/zones";

/**
 * The zone part of PowerDNS Authoritative's HTTP API (https://doc.powerdns.com/authoritative/http-api/, read
 * 2026-11-22), compared with 4.7: absolute names, PATCH as one transaction, 422 for whatever it will not do.
 */
export class PowerdnsEmulator extends Emulator {
  readonly #vendor: Powerdns;

  constructor(options: PowerdnsEmulatorOptions) {
    const vendor = new Powerdns(options);
    super(vendor, options);
    this.#vendor = vendor;
  }

  /** @param set absolute, with a trailing dot */
  seed(set: Partial<StoredSet> & Pick<StoredSet, "name" | "records" | "type">): void {
    this.#vendor.sets.set(`${set.name} ${set.type}`, { ttl: 3600, comments: [], ...set });
  }

  get(name: string, type: string): StoredSet | undefined {
    return this.#vendor.sets.get(`${name} ${type}`);
  }

  /** How often secondary servers were notified. */
  get notifications(): number {
    return this.log.filter(({ url, status }) => url.pathname.endsWith("/notify") && status === 200).length;
  }
}

class Powerdns implements Vendor {
  readonly sets = new Map<string, StoredSet>();
  readonly #options: PowerdnsEmulatorOptions;

  constructor(options: PowerdnsEmulatorOptions) {
    this.#options = options;
  }

  isWrite({ method }: EmulatedRequest): boolean {
    return method !== "GET";
  }

  answer({ method, url, headers, body }: EmulatedRequest): EmulatedAnswer {
    if (headers["x-api-key"] !== this.#options.key) return { status: 401, body: "Unauthorized" };
    if (!url.pathname.startsWith(ROOT)) return { status: 404, body: "Not Found" };
    const [id, action] = url.pathname.slice(ROOT.length).split("/").slice(1);
    if (id === undefined) return { status: 200, body: this.#zones(url) };
    const zone = this.#options.zones.find((name) => `${name}.` === id);
    if (zone === undefined) return { status: 404, body: "Not Found" };
    if (method === "PUT" && action === "notify") return this.#notify();
    if (action !== undefined) return { status: 404, body: "Not Found" };
    if (method === "GET")
      return { status: 200, body: { ...this.#zone(zone), rrsets: this.#list(zone, url) } };
    return method === "PATCH" ? this.#patch(zone, body) : failure(405, "Method Not Allowed");
  }

  #zones(url: URL) {
    const only = url.searchParams.get("zone");
    return this.#options.zones
      .filter((name) => only === null || `${name}.` === only)
      .map((name) => this.#zone(name));
  }

  #zone(name: string) {
    const url = `${ROOT}/${name}.`;
    return {
      id: `${name}.`,
      name: `${name}.`,
      kind: this.#options.kind ?? "Native",
      url,
      serial: 1,
      dnssec: false,
    };
  }

  /** With a filter the real server (4.7) leaves out the records that are disabled. */
  #list(zone: string, url: URL): readonly StoredSet[] {
    const [name, type] = [url.searchParams.get("rrset_name"), url.searchParams.get("rrset_type")];
    const sets = [...this.sets.values()].filter((set) => isBelow(zone, set.name));
    if (name === null) return sets;
    return sets
      .filter((set) => set.name === name && (type ?? set.type) === set.type)
      .map((set) => ({ ...set, records: set.records.filter(({ disabled }) => !disabled) }))
      .filter(({ records }) => records.length > 0);
  }

  #notify(): EmulatedAnswer {
    if (this.#options.kind !== "Master") return failure(422, "Domain is not a primary domain");
    return { status: 200, body: { result: "Notification queued" } };
  }

  #patch(zone: string, text: string): EmulatedAnswer {
    const rrsets = parseObject(text)?.["rrsets"];
    if (!isObjects(rrsets)) return failure(422, "No rrsets given in update request");
    const sets: StoredSet[] = [];
    for (const rrset of rrsets) {
      const set = this.#parse(zone, rrset);
      if (typeof set === "string") return failure(422, set);
      sets.push(set);
    }
    for (const set of sets) this.sets.set(`${set.name} ${set.type}`, set);
    return { status: 204 };
  }

  /** @returns the server's words when it will not */
  #parse(zone: string, rrset: Readonly<Record<string, unknown>>): StoredSet | string {
    const { name, type, ttl, changetype, records } = rrset;
    if (typeof name !== "string" || !name.endsWith(".")) return `DNS Name '${String(name)}' is not canonical`;
    if (!isBelow(zone, name)) return `RRset ${name} IN ${String(type)}: Name is out of zone`;
    if (type !== "A" && type !== "AAAA") return `RRset ${name} IN ${String(type)}: unknown type given`;
    if (changetype !== "REPLACE") return "Changetype not understood";
    if (typeof ttl !== "number") return "Key 'ttl' not an Integer or not present";
    if (!isObjects(records) || records.length === 0) return `No change for RRset ${name} IN ${type}`;
    const parsed = records.map((record) => ({
      content: typeof record["content"] === "string" ? record["content"] : "",
      disabled: record["disabled"] === true,
    }));
    const family = type === "A" ? 4 : 6;
    const wrong = parsed.find(({ content }) => parseAddress(content)?.family !== family);
    if (wrong) return `Record ${name}/${type} '${wrong.content}': Parsing record content failed`;
    const contents = parsed.map(({ content }) => content);
    if (new Set(contents).size < contents.length) return `Duplicate record in RRset ${name} IN ${type}`;
    const comments = this.sets.get(`${name} ${type}`)?.comments ?? [];
    return { name, type, ttl, records: parsed, comments };
  }
}

function isBelow(zone: string, name: string): boolean {
  return name === `${zone}.` || name.endsWith(`.${zone}.`);
}

function failure(status: number, error: string): EmulatedAnswer {
  return { status, body: { error } };
}
