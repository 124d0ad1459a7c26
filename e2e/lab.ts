import { randomBytes } from "node:crypto";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import { canonicalValues, type RecordType } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { createAuthority } from "#lab/certificate.ts";
import { type DnsServer, startDnsServer } from "#lab/dns-server.ts";
import { type EchoServer, startEchoServer } from "#lab/echo-server.ts";
import { type StunServer, startStunServer } from "#lab/stun-server.ts";
import { type NameServer, untilValues } from "./dns-client.ts";
import { Scratch } from "./scratch.ts";

export const ZONE = "lab.example";
export const NAME = "home.lab.example";
export const KEY_NAME = "lab-key";

/** Documentation addresses (RFC 5737, RFC 3849): they cannot be anybody's. */
export const ALLOWED_RANGES: readonly string[] = ["203.0.113.0/24", "2001:db8::/32"];

const STUN_OPERATORS = ["alpha", "bravo", "charlie"];
const ECHO_OPERATORS = ["delta", "foxtrot"];

export interface LabOptions {
  /** [4] unless given. */
  readonly families?: readonly Family[];
}

/** A configuration before it is written; JSON is YAML, too. */
export type Config = Readonly<Record<string, unknown>>;

/**
 * Witnesses and a name server in the test's own process, each of which can be told to misbehave and tells what it
 * was asked; with the program's configuration for them in a folder of its own.
 */
export class Lab implements AsyncDisposable {
  readonly scratch = new Scratch();
  readonly families: readonly Family[];
  readonly stun: readonly StunServer[];
  readonly echoes: readonly EchoServer[];
  readonly dns: DnsServer;
  readonly keySecret: string;
  /** The authority of the echoes. */
  readonly caPem: string;
  /** Every content of the record since the start, in order, whoever wrote it. */
  readonly contents: readonly string[];
  readonly #step: { value: number };

  private constructor(
    parts: Pick<Lab, "contents" | "dns" | "echoes" | "families" | "keySecret" | "stun">,
    ca: string,
    step: { value: number },
  ) {
    this.families = parts.families;
    this.stun = parts.stun;
    this.echoes = parts.echoes;
    this.dns = parts.dns;
    this.keySecret = parts.keySecret;
    this.contents = parts.contents;
    this.caPem = ca;
    this.#step = step;
    this.scratch.write("ca.pem", ca);
    this.scratch.write("lab.key", parts.keySecret);
  }

  static async start({ families = [4] }: LabOptions = {}): Promise<Lab> {
    const step = { value: 1 };
    const publicAddress = (family: Family) => addressOf(family, step.value);
    const authority = createAuthority({ name: "esddns lab", now: new Date() });
    const tls = authority.issue({
      dnsNames: ["localhost"],
      addresses: families.map(loopback),
      now: new Date(),
    });
    const stun = families.flatMap((family) =>
      STUN_OPERATORS.map(() => startStunServer({ address: loopback(family), publicAddress })),
    );
    const echoes = families.flatMap((family) =>
      ECHO_OPERATORS.map(() => startEchoServer({ address: loopback(family), publicAddress, tls })),
    );
    const keySecret = randomBytes(32).toString("base64");
    const contents: string[] = [];
    const dns = await startDnsServer({
      address: loopback(4),
      zones: [{ name: ZONE }],
      keys: [{ name: KEY_NAME, algorithm: "hmac-sha256", secret: Buffer.from(keySecret, "base64") }],
      onChange: () => {
        const set = dns.recordSet({ name: parseDomainName(NAME), type: "A" });
        contents.push((set?.values ?? []).map(({ text }) => text).join());
      },
    });
    const servers = { stun: await Promise.all(stun), echoes: await Promise.all(echoes) };
    return new Lab({ families, contents, dns, keySecret, ...servers }, authority.certificatePem, step);
  }

  /** What the witnesses see of us now. */
  address(family: Family = 4): string {
    return addressOf(family, this.#step.value).text;
  }

  /** The network has another public address from now on. @returns the new one */
  move(): string {
    this.#step.value += 1;
    return this.address();
  }

  get nameServer(): NameServer {
    return { address: this.dns.endpoint.address.text, port: this.dns.endpoint.port };
  }

  /** As somebody else would, at the server itself. */
  set(
    text: string,
    { name = NAME, type = "A", ttl = 60 }: { name?: string; type?: RecordType; ttl?: number } = {},
  ): void {
    this.dns.set({
      name: parseDomainName(name),
      type,
      ttl: seconds(ttl),
      values: canonicalValues([literal(text)]),
    });
  }

  /** All witnesses alike, from the next question on. */
  behave(behaviour: "honest" | "silent"): void {
    for (const witness of [...this.stun, ...this.echoes]) witness.behave(behaviour);
  }

  /** How many times anybody was asked for an address. */
  get questions(): number {
    return [...this.stun, ...this.echoes].reduce((sum, { requests }) => sum + requests.length, 0);
  }

  /** Waits until the name server has the witnesses' address. */
  async follows(within?: number): Promise<void> {
    for (const family of this.families) {
      const type = family === 4 ? "A" : "AAAA";
      await untilValues(this.nameServer, NAME, [this.address(family)], { type, within });
    }
  }

  get provider() {
    const key = { name: KEY_NAME, algorithm: "hmac-sha256", secret: { file: this.scratch.at("lab.key") } };
    return { type: "rfc2136", server: this.nameServer.address, port: this.nameServer.port, zone: ZONE, key };
  }

  get sources() {
    return {
      stun: {
        servers: this.stun.map(({ endpoint }, index) => ({
          host: endpoint.address.text,
          port: endpoint.port,
          operator: STUN_OPERATORS[index % STUN_OPERATORS.length],
        })),
      },
      http: {
        services: this.echoes.map(({ url }, index) => ({
          url: url.href,
          operator: ECHO_OPERATORS[index % ECHO_OPERATORS.length],
        })),
      },
    };
  }

  /** The program's configuration for this lab, quick to notice; the given sections in place of its own. */
  config(sections: Config = {}): Config {
    const types = this.families.map((family) => (family === 4 ? "A" : "AAAA"));
    return {
      providers: { lab: this.provider },
      records: [{ name: NAME, types, provider: "lab", ttl: 60 }],
      sources: this.sources,
      consensus: { quorum: 2, deadline: "4s", allowRanges: ALLOWED_RANGES },
      schedule: { interval: "10s", probe: "1s" },
      verify: { servers: [`${this.nameServer.address}:${this.nameServer.port}`], deadline: "5s" },
      store: { path: this.storePath },
      tls: { caFile: this.scratch.at("ca.pem") },
      // The default port is one for the whole machine, and tests run side by side
      service: { listen: "127.0.0.1:0" },
      ...sections,
    };
  }

  get storePath(): string {
    return this.scratch.at("esddns.db");
  }

  /** @returns the file */
  write(sections: Config = {}, name = "esddns.yaml"): string {
    return writeConfig(this.scratch, this.config(sections), name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.stun, ...this.echoes, this.dns].map((server) => server.close()));
    this.scratch[Symbol.dispose]();
  }
}

export function writeConfig(scratch: Scratch, config: Config, name = "esddns.yaml"): string {
  return scratch.write(name, JSON.stringify(config, null, 2));
}

export function loopback(family: Family): Address {
  return literal(family === 4 ? "127.0.0.1" : "::1");
}

export function literal(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new TypeError(`"${text}" is no address`);
  return address;
}

function addressOf(family: Family, step: number): Address {
  return literal(family === 4 ? `203.0.113.${1 + (step % 254)}` : `2001:db8::${(1 + step).toString(16)}`);
}
