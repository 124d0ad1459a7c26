import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import type { Endpoint } from "#core/ports.ts";
import { canonicalValues, type RecordSet } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { createAuthority } from "#lab/certificate.ts";
import { type DnsServer, startDnsServer } from "#lab/dns-server.ts";
import { type EchoServer, startEchoServer } from "#lab/echo-server.ts";
import { type StunServer, startStunServer } from "#lab/stun-server.ts";

export const LAB_ZONE = parseDomainName("lab.example");
export const LAB_NAME = parseDomainName("home.lab.example");
export const LAB_KEY_NAME = "lab-key";

const STUN_OPERATORS = ["alpha", "bravo", "charlie"] as const;
const ECHO_OPERATORS = ["delta", "foxtrot"] as const;

/** A witness of the lab: one listening server of an operator. */
export interface LabWitness {
  readonly kind: "http" | "stun";
  readonly operator: string;
  readonly family: Family;
  readonly endpoint: Endpoint;
  /** `silent` stands for a server that is down. */
  behave(behaviour: "honest" | "liar" | "silent"): void;
}

/** A small Internet on loopback, seen by its witnesses under a public address that can be moved. */
export interface World {
  readonly families: readonly Family[];
  readonly witnesses: readonly LabWitness[];
  readonly dns: DnsServer;
  /** Of the HTTPS echoes, PEM. */
  readonly authorityPem: string;
  /** Signs updates; base64. */
  readonly keySecret: string;
  publicAddress(family: Family): Address;
  /** The network has another public address from now on, in every family. */
  move(): void;
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
  const publicAddress = (family: Family) => addressOfStep(family, step);

  const stun = families.flatMap((family) =>
    STUN_OPERATORS.map(async (operator) => {
      const server = await startStunServer({ address: loopback(family), publicAddress });
      return { server, witness: stunWitness(operator, family, server) };
    }),
  );
  const echoes = families.flatMap((family) =>
    ECHO_OPERATORS.map(async (operator) => {
      const server = await startEchoServer({ address: loopback(family), publicAddress, tls });
      return { server, witness: echoWitness(operator, family, server) };
    }),
  );
  const keySecret = randomBytes(32).toString("base64");
  const dns = await startDnsServer({
    address: loopback(4),
    zones: [{ name: LAB_ZONE, sets: families.map((family) => recordSet(family, addressOfStep(family, 0))) }],
    keys: [{ name: LAB_KEY_NAME, algorithm: "hmac-sha256", secret: Buffer.from(keySecret, "base64") }],
  });
  const started = [...(await Promise.all(stun)), ...(await Promise.all(echoes))];
  // The record that a visitor finds first is an old one: there is something to do from the start
  step = 1;
  return {
    families,
    witnesses: started.map(({ witness }) => witness),
    dns,
    authorityPem: authority.certificatePem,
    keySecret,
    publicAddress,
    move: () => {
      step += 1;
    },
    close: async () => {
      await Promise.all([...started.map(({ server }) => server.close()), dns.close()]);
    },
  };
}

/** Documentation addresses (RFC 5737, RFC 3849): they cannot be anybody's. The lab's configuration allows them. */
export const LAB_RANGES: readonly string[] = ["203.0.113.0/24", "2001:db8::/32"];

function addressOfStep(family: Family, step: number): Address {
  return literal(family === 4 ? `203.0.113.${1 + (step % 254)}` : `2001:db8::${(1 + step).toString(16)}`);
}

function recordSet(family: Family, address: Address): RecordSet {
  const type = family === 4 ? "A" : "AAAA";
  return { name: LAB_NAME, type, ttl: seconds(60), values: canonicalValues([address]) };
}

function stunWitness(operator: string, family: Family, server: StunServer): LabWitness {
  return {
    kind: "stun",
    operator,
    family,
    endpoint: server.endpoint,
    behave: (behaviour) => server.behave(behaviour),
  };
}

function echoWitness(operator: string, family: Family, server: EchoServer): LabWitness {
  const endpoint = { address: loopback(family), port: server.port };
  return { kind: "http", operator, family, endpoint, behave: (behaviour) => server.behave(behaviour) };
}

function loopback(family: Family): Address {
  return literal(family === 4 ? "127.0.0.1" : "::1");
}

function hasIpv6Loopback(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === "::1"),
  );
}

function literal(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new TypeError(`Cannot read the address "${text}" of the lab`);
  return address;
}
