import { type Address, parseAddress } from "#core/address.ts";
import {
  type EmulatedAnswer,
  type EmulatedRequest,
  Emulator,
  type EmulatorOptions,
  type Vendor,
} from "#testing/emulators/emulator.ts";

export interface Dyndns2EmulatorOptions extends EmulatorOptions {
  readonly username: string;
  readonly password: string;
  readonly hosts: readonly string[];
  /** Absent: `/nic/update`. */
  readonly path?: string | undefined;
  /** What becomes of a family that is not sent. Absent: `kept`. */
  readonly omitted?: "deleted" | "kept" | undefined;
  /** So many updates without a change block the account. Absent: 3. */
  readonly abuseAfter?: number | undefined;
  /** Takes clients that do not say who they are as the documentation asks. Absent: refused. */
  readonly anyAgent?: boolean | undefined;
}

export interface Host {
  readonly ipv4?: Address | undefined;
  readonly ipv6?: Address | undefined;
}

const MAX_HOSTS = 20;

/**
 * A service that speaks dyndns2 as https://help.dyn.com/remote-access-api/ and
 * https://www.noip.com/integrate/ (read 2026-11-22) describe it: one line for each host, words instead of
 * statuses, and no patience with updates that change nothing.
 */
export class Dyndns2Emulator extends Emulator {
  readonly #vendor: Dyndns2;

  constructor(options: Dyndns2EmulatorOptions) {
    const vendor = new Dyndns2(options);
    super(vendor, options);
    this.#vendor = vendor;
  }

  seed(name: string, host: Host): void {
    this.#vendor.hosts.set(name, host);
  }

  get(name: string): Host | undefined {
    return this.#vendor.hosts.get(name);
  }

  /** Updates that changed nothing. */
  get pointless(): number {
    return this.#vendor.pointless;
  }
}

class Dyndns2 implements Vendor {
  readonly hosts: Map<string, Host>;
  pointless = 0;
  readonly #options: Dyndns2EmulatorOptions;

  constructor(options: Dyndns2EmulatorOptions) {
    this.#options = options;
    this.hosts = new Map(options.hosts.map((name) => [name, {}]));
  }

  isWrite({ url }: EmulatedRequest): boolean {
    return url.pathname === (this.#options.path ?? "/nic/update");
  }

  answer(request: EmulatedRequest): EmulatedAnswer {
    if (!this.isWrite(request)) return { status: 200, body: "a service for dynamic names" };
    return { status: 200, ...this.#update(request) };
  }

  #update({ method, url, headers }: EmulatedRequest): { readonly status?: number; readonly body: string } {
    if (method !== "GET" && method !== "POST") return { status: 405, body: "badagent" };
    const isDescribed = /\w+\/[\d.]+ \(.+\)/.test(headers["user-agent"] ?? "");
    if (!isDescribed && !this.#options.anyAgent) return { body: "badagent" };
    if (!this.#isAuthenticated(headers.authorization)) return { status: 401, body: "badauth" };
    if (this.pointless >= (this.#options.abuseAfter ?? 3)) return { body: "abuse" };
    const names = (url.searchParams.get("hostname") ?? "").split(",").filter((name) => name !== "");
    if (names.length === 0) return { body: "notfqdn" };
    if (names.length > MAX_HOSTS) return { body: "numhost" };
    const addresses = addressesOf(url.searchParams);
    if (!addresses) return { body: "badsys" };
    return { body: names.map((name) => this.#updateHost(name, addresses)).join("\n") };
  }

  #isAuthenticated(authorization: string | undefined): boolean {
    const { username, password } = this.#options;
    return authorization === `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  #updateHost(name: string, sent: Host): string {
    if (!name.includes(".") || name.endsWith(".")) return "notfqdn";
    const before = this.hosts.get(name);
    if (!before) return "nohost";
    const after = this.#options.omitted === "deleted" ? sent : { ...before, ...sent };
    const echo = [sent.ipv4, sent.ipv6].flatMap((address) => (address ? [address.text] : [])).join(",");
    if (before.ipv4?.text === after.ipv4?.text && before.ipv6?.text === after.ipv6?.text) {
      this.pointless += 1;
      return `nochg ${echo}`;
    }
    this.hosts.set(name, after);
    return `good ${echo}`;
  }
}

/** `myip` with one address or one of each family, and `myipv6`; `undefined` for anything else. */
function addressesOf(parameters: URLSearchParams): Host | undefined {
  const texts = [...(parameters.get("myip") ?? "").split(","), parameters.get("myipv6") ?? ""];
  const addresses = texts.filter((text) => text !== "").map(parseAddress);
  const ipv4 = addresses.find((address) => address?.family === 4);
  const ipv6 = addresses.find((address) => address?.family === 6);
  const known = [ipv4, ipv6].filter((address) => address !== undefined);
  if (addresses.length === 0 || known.length !== addresses.length) return undefined;
  return { ...(ipv4 && { ipv4 }), ...(ipv6 && { ipv6 }) };
}
