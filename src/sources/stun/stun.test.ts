import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import { CancelledError } from "#core/errors.ts";
import type { Names } from "#core/ports.ts";
import type { Source } from "#core/witness.ts";
import { createAuthority } from "#lab/certificate.ts";
import type { StunBehaviour } from "#lab/stun-answer.ts";
import { startStunServer, type StunServer } from "#lab/stun-server.ts";
import { createClock } from "#platform/clock.ts";
import { createRandom } from "#platform/random.ts";
import { createTcp } from "#platform/tcp.ts";
import { createTls } from "#platform/tls.ts";
import { createTrust } from "#platform/trust.ts";
import { createUdp } from "#platform/udp.ts";
import { stunSource } from "#sources/stun/stun.ts";
import { MemoryLog } from "#testing/memory-log.ts";
import { partialPorts } from "#testing/partial-ports.ts";
import { describeSourceContract, type PeerBehaviour, type SourceWorld } from "#testing/source-contract.ts";

const NEVER = new AbortController().signal;
const HOST = "stun.example.net";
const LOOPBACK: Readonly<Record<Family, Address>> = { 4: address("127.0.0.1"), 6: address("::1") };
const HOMES = { 4: address("44.128.10.77"), 6: address("2a10:ed1:77::1") };
const MOVED = { 4: address("44.128.20.5"), 6: address("2a10:ed1:88::1") };

const now = new Date();
const authority = createAuthority({ name: "STUN authority", now });
const certificate = authority.issue({ dnsNames: [HOST], now });
const folder = mkdtempSync(join(tmpdir(), "esddns-stun-"));
const caFile = join(folder, "ca.pem");
writeFileSync(caFile, authority.certificatePem);
afterAll(() => rmSync(folder, { recursive: true }));

const BEHAVIOURS: Readonly<Record<PeerBehaviour, StunBehaviour>> = {
  honest: "honest",
  silent: "silent",
  nonsense: "garbage",
  failing: "error",
};

function address(text: string): Address {
  return parseAddress(text)!;
}

/** Servers on loopback, one for each family, over all transports, behind the name `stun.example.net`. */
async function buildWorld(): Promise<SourceWorld & { readonly servers: readonly StunServer[] }> {
  let truth = HOMES;
  const servers = await startPair((family) => truth[family]);
  const { endpoint, tlsEndpoint } = servers[0];
  const { port } = endpoint;
  const configured = [
    { host: HOST, port },
    { host: HOST, port, transport: "tcp" },
    { host: HOST, port: tlsEndpoint!.port, transport: "tls" },
    { host: "127.0.0.1", port },
    { host: "::1", port, transport: "tcp" },
  ];
  return {
    servers,
    create: () =>
      createSource({
        servers: configured,
        rto: "100ms",
        maxRequests: 1,
        lastWait: 1,
        streamTimeout: "200ms",
      }),
    truth: (family) => truth[family],
    move: () => void (truth = MOVED),
    behave: (behaviour) => servers.forEach((server) => server.behave(BEHAVIOURS[behaviour])),
    questions: () => servers.flatMap(({ requests }) => requests.map(({ client }) => client)),
    close: async () => void (await Promise.all(servers.map((server) => server.close()))),
  };
}

/** On the same ports of both loopback addresses; what is free on one need not be on the other. */
async function startPair(publicAddress: (family: Family) => Address): Promise<[StunServer, StunServer]> {
  const options = { publicAddress, tls: certificate };
  for (;;) {
    const ipv4 = await startStunServer({ ...options, address: LOOPBACK[4] });
    const ports = { port: ipv4.endpoint.port, tlsPort: ipv4.tlsEndpoint!.port };
    try {
      return [ipv4, await startStunServer({ ...options, ...ports, address: LOOPBACK[6] })];
    } catch (error: unknown) {
      await ipv4.close();
      if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    }
  }
}

function createSource(config: object): Source {
  const names: Names = {
    resolve: async (host, family, signal) => {
      if (signal.aborted) throw new CancelledError();
      return [parseAddress(host) ?? LOOPBACK[family]];
    },
    resolvers: () => [],
  };
  const ports = {
    udp: createUdp(),
    tcp: createTcp(),
    tls: createTls(createTrust(caFile)),
    clock: createClock(),
    random: createRandom(),
    log: new MemoryLog(),
    names,
  };
  return stunSource.create(stunSource.config.parse(config), partialPorts(ports), {});
}

describeSourceContract({ kind: "stun", build: buildWorld });

describe("the STUN source on real sockets", () => {
  const servers: StunServer[] = [];
  afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.close()))));

  async function start(behaviour: StunBehaviour): Promise<StunServer> {
    const server = await startStunServer({
      address: LOOPBACK[4],
      behaviour,
      slowness: 50,
      publicAddress: (family) => HOMES[family],
    });
    servers.push(server);
    return server;
  }

  function ask({ endpoint }: Pick<StunServer, "endpoint">, transport = "udp") {
    const server = { host: "127.0.0.1", port: endpoint.port, transport };
    const source = createSource({ servers: [server], rto: "100ms", maxRequests: 2, lastWait: 1 });
    return source.witnesses()[0]!.ask(4, NEVER);
  }

  it.each<[StunBehaviour]>([["garbage"], ["wrong-transaction"], ["spoofed-port"], ["truncated"]])(
    "does not fall for a server that is %s, and asks again over UDP",
    async (behaviour) => {
      const server = await start(behaviour);
      await expect(ask(server)).rejects.toMatchObject({ code: "timeout" });
      expect(server.requests.map(({ bytes }) => bytes)).toHaveLength(2);
      expect(server.requests[0]?.bytes).toEqual(server.requests[1]?.bytes);
    },
  );

  it("waits for a slow server", async () => {
    const server = await start("slow");
    await expect(ask(server)).resolves.toMatchObject({ address: HOMES[4] });
    await expect(ask(server, "tcp")).resolves.toMatchObject({ address: HOMES[4] });
  });

  it("fails at once where the port is closed", async () => {
    const server = await start("honest");
    await server.close();
    servers.length = 0;
    const before = performance.now();
    await expect(ask(server)).rejects.toMatchObject({ code: "refused" });
    await expect(ask(server, "tcp")).rejects.toMatchObject({ code: "refused" });
    expect(performance.now() - before).toBeLessThan(90);
  });
});
