import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import type { Address, Family } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import type { Endpoint } from "#core/ports.ts";
import { canonicalValues, familyOf, type RecordKey, type RecordSet } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { lieOf, loopback, publicAddressAt } from "#lab/addresses.ts";
import { createAuthority } from "#lab/certificate.ts";
import { type DnsServer, startDnsServer } from "#lab/dns-server.ts";
import { type EchoServer, startEchoServer } from "#lab/echo-server.ts";
import { Line } from "#lab/line.ts";
import { type StunServer, startStunServer } from "#lab/stun-server.ts";
import { UpdateService } from "#lab/update-service.ts";

export const LAB_ZONE = parseDomainName("lab.example");
/** The record that a visitor looks at first. */
export const LAB_NAME = parseDomainName("home.lab.example");
export const LAB_KEY_NAME = "lab-key";

const RECORDS: readonly RecordKey[] = [
  { name: LAB_NAME, type: "A" },
  { name: LAB_NAME, type: "AAAA" },
  { name: parseDomainName("vpn.lab.example"), type: "A" },
  { name: parseDomainName("*.lab.example"), type: "A" },
];

/** One of them over TCP: STUN goes on where UDP is blocked. */
const STUN_OPERATORS = [
  { operator: "alpha", transport: "udp" },
  { operator: "bravo", transport: "udp" },
  { operator: "charlie", transport: "tcp" },
] as const;
const ECHO_OPERATORS = ["delta", "foxtrot"] as const;

/** A witness of the lab: one listening server of an operator. */
export interface LabWitness {
  readonly kind: "http" | "stun";
  readonly operator: string;
  readonly family: Family;
  /** How the lab's configuration asks it. */
  readonly transport: "tcp" | "tls" | "udp";
  readonly endpoint: Endpoint;
  /** `silent` stands for a server that is down. */
  behave(behaviour: "honest" | "liar" | "silent"): void;
}

/** A small Internet on loopback, seen by its witnesses under a public address that can be moved. */
export interface World {
  readonly families: readonly Family[];
  readonly witnesses: readonly LabWitness[];
  readonly dns: DnsServer;
  /** What should hold the public address. */
  readonly records: readonly RecordKey[];
  /** What every server is reached over. */
  readonly line: Line;
  /** How the DNS server, as a provider, takes updates. */
  readonly updates: UpdateService;
  /** Of the HTTPS echoes, PEM. */
  readonly authorityPem: string;
  /** Signs updates; base64. */
  readonly keySecret: string;
  /** What a person can type to see the record, whatever the daemon says. */
  readonly digLine: string;
  publicAddress(family: Family): Address;
  /** The network has another public address from now on, in every family. */
  move(): void;
  /** Told after the address, the zone or how updates are taken has changed. @returns ends it */
  subscribe(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Starts every server on a free port of loopback. IPv6 only where this host has it. */
export async function startWorld(): Promise<World> {
  const families: readonly Family[] = hasIpv6Loopback() ? [4, 6] : [4];
  const authority = createAuthority({ name: "esddns lab", now: new Date() });
  const tls = authority.issue({
    dnsNames: ["localhost"],
    addresses: families.map(loopback),
    now: new Date(),
  });
  let step = 0;
  const publicAddress = (family: Family) => publicAddressAt(family, step);
  const line = new Line();
  const network = { publicAddress, lie: lieOf, line };

  const stun = families.flatMap((family) =>
    STUN_OPERATORS.map(async ({ operator, transport }) => {
      const server = await startStunServer({ address: loopback(family), ...network });
      return { server, witness: stunWitness(operator, family, transport, server) };
    }),
  );
  const echoes = families.flatMap((family) =>
    ECHO_OPERATORS.map(async (operator) => {
      const server = await startEchoServer({ address: loopback(family), tls, ...network });
      return { server, witness: echoWitness(operator, family, server) };
    }),
  );
  const keySecret = randomBytes(32).toString("base64");
  const records = RECORDS.filter(({ type }) => families.includes(familyOf(type)));
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const updates = new UpdateService({ onRecovery: tell });
  const dns = await startDnsServer({
    address: loopback(4),
    zones: [{ name: LAB_ZONE, sets: records.map(recordSetOfStart), hasWildcards: true }],
    keys: [{ name: LAB_KEY_NAME, algorithm: "hmac-sha256", secret: Buffer.from(keySecret, "base64") }],
    updates: (id) => updates.receive(id),
    line,
    onChange: tell,
  });
  const started = [...(await Promise.all(stun)), ...(await Promise.all(echoes))];
  // The records that a visitor finds first are old ones: there is something to do from the start
  step = 1;
  return {
    families,
    witnesses: started.map(({ witness }) => witness),
    dns,
    records,
    line,
    updates,
    authorityPem: authority.certificatePem,
    keySecret,
    digLine: `dig @${dns.endpoint.address.text} -p ${dns.endpoint.port} ${LAB_NAME} A +short`,
    publicAddress,
    move: () => {
      step += 1;
      tell();
    },
    subscribe: (listener) => {
      // The same function may listen twice
      const own = () => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
    close: async () => {
      line.close();
      await Promise.all([...started.map(({ server }) => server.close()), dns.close()]);
    },
  };
}

function recordSetOfStart(key: RecordKey): RecordSet {
  const values = canonicalValues([publicAddressAt(familyOf(key.type), 0)]);
  return { ...key, ttl: seconds(60), values };
}

function stunWitness(
  operator: string,
  family: Family,
  transport: "tcp" | "udp",
  server: StunServer,
): LabWitness {
  return {
    kind: "stun",
    operator,
    family,
    transport,
    endpoint: server.endpoint,
    behave: (behaviour) => server.behave(behaviour),
  };
}

function echoWitness(operator: string, family: Family, server: EchoServer): LabWitness {
  return {
    kind: "http",
    operator,
    family,
    transport: "tls",
    endpoint: { address: loopback(family), port: server.port },
    behave: (behaviour) => server.behave(behaviour),
  };
}

function hasIpv6Loopback(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === "::1"),
  );
}
