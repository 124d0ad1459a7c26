import { parseAddress } from "#core/address.ts";
import { isJson, isTexts, parseObject } from "#testing/emulators/body.ts";
import {
  type EmulatedAnswer,
  type EmulatedRequest,
  Emulator,
  type EmulatorOptions,
  type Vendor,
} from "#testing/emulators/emulator.ts";

export interface GandiEmulatorOptions extends EmulatorOptions {
  readonly zones: readonly string[];
  readonly token: string;
  /** More tokens that are taken: one for each client, so that the log tells them apart. */
  readonly tokens?: ReadonlySet<string> | undefined;
  /** The deprecated keys are taken, too. Absent: only tokens. */
  readonly apiKey?: string | undefined;
  /** Items on a page at most, whatever is asked for. Absent: 100. */
  readonly pageSize?: number | undefined;
}

export interface GandiSet {
  rrset_name: string;
  rrset_type: string;
  rrset_ttl: number;
  rrset_values: string[];
  rrset_href: string;
}

const DEFAULT_TTL = 10_800;
const [MIN_TTL, MAX_TTL] = [300, 2_592_000];
const ROOT = "/v5/livedns";

/**
 * Gandi LiveDNS v5 as https://api.gandi.net/docs/livedns/ (read 2026-11-22) describes it, refusing what it
 * would refuse: another authentication scheme, a TTL that is a string or out of bounds, fields it does not
 * know, absolute names, values that are not of the type.
 */
export class GandiEmulator extends Emulator {
  readonly sets: Map<string, GandiSet>;

  constructor(options: GandiEmulatorOptions) {
    const vendor = new Gandi(options);
    super(vendor, options);
    this.sets = vendor.sets;
  }

  /** @param name relative, `@` at the apex */
  seed(zone: string, name: string, type: string, values: readonly string[], ttl = DEFAULT_TTL): void {
    this.sets.set(keyOf(zone, name, type), setOf(zone, name, type, [...values], ttl));
  }

  get(zone: string, name: string, type: string): GandiSet | undefined {
    return this.sets.get(keyOf(zone, name, type));
  }
}

class Gandi implements Vendor {
  readonly sets = new Map<string, GandiSet>();
  readonly #options: GandiEmulatorOptions;

  constructor(options: GandiEmulatorOptions) {
    this.#options = options;
  }

  isWrite({ method }: EmulatedRequest): boolean {
    return method !== "GET";
  }

  answer(request: EmulatedRequest): EmulatedAnswer {
    const refused = this.#authenticate(request);
    if (refused) return refused;
    const { pathname } = request.url;
    if (!pathname.startsWith(`${ROOT}/domains`))
      return failure(404, "Not Found", "The resource could not be found.");
    const [zone, records, name, type] = pathname
      .slice(`${ROOT}/domains`.length)
      .split("/")
      .slice(1)
      .map(decodeURIComponent);
    if (zone === undefined) return this.#page(request, this.#options.zones.map(domainOf));
    if (!this.#options.zones.includes(zone)) return failure(404, "Not Found", "Unknown domain");
    if (records === undefined) return { status: 200, body: domainOf(zone) };
    if (records !== "records") return failure(404, "Not Found", "The resource could not be found.");
    if (name === undefined) return this.#list(request, zone);
    if (type === undefined) return failure(405, "Method Not Allowed", "not emulated");
    return this.#one(request, zone, name, type);
  }

  #authenticate({ headers }: EmulatedRequest): EmulatedAnswer | undefined {
    const { token, tokens, apiKey } = this.#options;
    if (!headers["user-agent"]) return failure(403, "Forbidden", "A User-Agent is required");
    const [scheme = "", value = ""] = (headers.authorization ?? "").split(" ");
    if (scheme === "Bearer" && (value === token || tokens?.has(value))) return undefined;
    if (scheme === "Apikey" && apiKey !== undefined && value === apiKey) return undefined;
    return failure(
      scheme === "Apikey" ? 403 : 401,
      scheme === "Apikey" ? "Forbidden" : "Unauthorized",
      "The server could not verify that you authorized to access the document you requested.",
    );
  }

  #list(request: EmulatedRequest, zone: string): EmulatedAnswer {
    if (request.method !== "GET") return failure(405, "Method Not Allowed", "not emulated");
    const sets = [...this.sets].filter(([key]) => key.startsWith(`${zone} `)).map(([, set]) => set);
    return this.#page(request, sets);
  }

  #page({ url }: EmulatedRequest, items: readonly unknown[]): EmulatedAnswer {
    const asked = Number(url.searchParams.get("per_page") ?? 100);
    const page = Number(url.searchParams.get("page") ?? 1);
    const size = Math.min(asked, this.#options.pageSize ?? 100);
    const body = items.slice((page - 1) * size, page * size);
    return { status: 200, headers: { "total-count": `${items.length}` }, body };
  }

  #one(request: EmulatedRequest, zone: string, name: string, type: string): EmulatedAnswer {
    if (name.endsWith(zone) || name.endsWith(".")) {
      return failure(400, "Bad Request", `rrset_name: "${name}" must be relative to the zone`);
    }
    const key = keyOf(zone, name, type);
    if (request.method === "GET") {
      const set = this.sets.get(key);
      const missing = `Can't find a DNS record ${name}/${type}`;
      return set ? { status: 200, body: set } : failure(404, "Not Found", missing);
    }
    if (request.method !== "PUT") return failure(405, "Method Not Allowed", "not emulated");
    if (!isJson(request.headers["content-type"])) {
      return failure(415, "Unsupported Media Type", "Content-Type must be application/json");
    }
    return this.#put(request.body, zone, name, type);
  }

  #put(text: string, zone: string, name: string, type: string): EmulatedAnswer {
    const body = parseObject(text);
    if (!body) return failure(400, "Bad Request", "Malformed JSON");
    const unknown = Object.keys(body).find((field) => field !== "rrset_values" && field !== "rrset_ttl");
    if (unknown) return failure(400, "Bad Request", `${unknown}: Unknown field`);
    const { rrset_values: values, rrset_ttl: ttl = DEFAULT_TTL } = body;
    if (typeof ttl !== "number" || !Number.isInteger(ttl)) {
      return failure(400, "Bad Request", "rrset_ttl: Not a valid integer.");
    }
    if (ttl < MIN_TTL || ttl > MAX_TTL) {
      return failure(400, "Bad Request", `rrset_ttl: must be between ${MIN_TTL} and ${MAX_TTL}`);
    }
    if (!isTexts(values) || values.length === 0) return failure(400, "Bad Request", "rrset_values: required");
    const wrong = values.find((value) => !isOfType(type, value));
    if (wrong !== undefined)
      return failure(400, "Bad Request", `rrset_values: "${wrong}" is not valid for ${type}`);
    this.sets.set(keyOf(zone, name, type), setOf(zone, name, type, [...values], ttl));
    return { status: 201, body: { message: "DNS Record Created" } };
  }
}

function failure(code: number, cause: string, message: string): EmulatedAnswer {
  const object = `HTTP${cause.replaceAll(" ", "")}`;
  return { status: code, body: { object, cause, code, message } };
}

function domainOf(fqdn: string) {
  const href = `https://api.gandi.net${ROOT}/domains/${fqdn}`;
  return { fqdn, domain_href: href, domain_records_href: `${href}/records` };
}

function setOf(zone: string, name: string, type: string, values: string[], ttl: number): GandiSet {
  return {
    rrset_name: name,
    rrset_type: type,
    rrset_ttl: ttl,
    rrset_values: values,
    rrset_href: `https://api.gandi.net${ROOT}/domains/${zone}/records/${name}/${type}`,
  };
}

function keyOf(zone: string, name: string, type: string): string {
  return `${zone} ${name} ${type}`;
}

function isOfType(type: string, value: string): boolean {
  const address = parseAddress(value);
  if (type === "A") return address?.family === 4;
  return type !== "AAAA" || address?.family === 6;
}
