import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createSecureContext, createServer as createTlsServer, type TLSSocket } from "node:tls";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import { describeError, EsddnsError } from "#core/errors.ts";
import type { Endpoint, Ports } from "#core/ports.ts";
import type { Source } from "#core/witness.ts";
import { createAuthority } from "#lab/certificate.ts";
import { type DnsServer, type DnsServerOptions, startDnsServer } from "#lab/dns-server.ts";
import { createClock } from "#platform/clock.ts";
import { createHttp } from "#platform/http.ts";
import { createRandom } from "#platform/random.ts";
import { createTcp } from "#platform/tcp.ts";
import { createTls } from "#platform/tls.ts";
import { createUdp } from "#platform/udp.ts";
import { DEFAULT_SERVICES } from "#sources/whoami/default-services.ts";
import { whoami } from "#sources/whoami/whoami.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";
import { partialPorts } from "#testing/partial-ports.ts";
import { SimulatedNetwork } from "#testing/simulated-network.ts";
import { describeSourceContract, type PeerBehaviour, type SourceWorld } from "#testing/source-contract.ts";
import { decodeMessage, encodeMessage } from "#wire/dns/message.ts";
import { FrameReader, frameMessage } from "#wire/dns/tcp-frame.ts";
import type { Question } from "#wire/dns/question.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

const NEVER = new AbortController().signal;
const LOOPBACK: Readonly<Record<Family, Address>> = { 4: address("127.0.0.1"), 6: address("::1") };
const HOME: Readonly<Record<Family, Address>> = { 4: address("44.128.10.77"), 6: address("2a10:ed1:77::1") };
const MOVED: Readonly<Record<Family, Address>> = { 4: address("44.128.20.5"), 6: address("2a10:ed1:88::1") };
const NAME = "whoami.example";
const MEDIA_TYPE = "application/dns-message";

const now = new Date();
const authority = createAuthority({ name: "DNS authority", now });
const certificate = authority.issue({ dnsNames: ["dns.example.net"], addresses: [LOOPBACK[4]], now });
const credentials = { key: certificate.keyPem, cert: certificate.certificatePem };

function address(text: string): Address {
  return parseAddress(text)!;
}

function ports(log = new MemoryLog()): Ports {
  const trust = () => createSecureContext({ ca: authority.certificatePem });
  const resolve: Ports["names"]["resolve"] = async (host, family) => {
    const found = parseAddress(host);
    if (!found) throw new TypeError(`a test resolves nothing: ${host}`);
    return found.family === family ? [found] : [];
  };
  const names = { resolve, resolvers: () => [] };
  const [clock, random, udp, tcp, tls] = [
    createClock(),
    createRandom(),
    createUdp(),
    createTcp(),
    createTls(trust),
  ];
  return partialPorts({ clock, random, udp, tcp, tls, names, log, http: createHttp({ names, trust }) });
}

function createSource(services: readonly object[] | undefined, timeout = "900ms"): Source {
  const config = whoami.config.parse({ timeout, ...(services ? { services } : {}) });
  return whoami.create(config, ports(), {});
}

/** The record that tells the asker's address, as the question wants it. */
function told(question: Question, text: string): ResourceRecord {
  const { name, type, class: cls } = question;
  const data: ResourceRecord["data"] =
    type === TYPE.TXT
      ? { kind: "text", strings: [new TextEncoder().encode(text)] }
      : { kind: "address", address: address(text) };
  return { name, type, class: cls, ttl: 0, data };
}

function endOf(socket: {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}) {
  return { address: address(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0 };
}

interface Front {
  readonly port: number;
  close(): Promise<void>;
}

/** DNS over TLS in front of a lab server. */
async function startTls(server: DnsServer): Promise<Front> {
  const open = new Set<TLSSocket>();
  const front = createTlsServer({ ...credentials, ALPNProtocols: ["dot"] }, (socket) => {
    open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => open.delete(socket));
    const frames = new FrameReader();
    socket.on("data", (piece: Buffer) => {
      frames.push(Uint8Array.from(piece));
      const request = frames.next();
      const answer = request && server.respond(request, endOf(socket));
      if (answer) socket.write(frameMessage(answer));
    });
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  return {
    port: portOf(front.address()),
    close: () => closed(front, () => open.forEach((one) => one.destroy())),
  };
}

/** DNS over HTTPS in front of a lab server. */
async function startHttps(server: DnsServer): Promise<Front> {
  const front = createHttpsServer(credentials, (request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const answer = server.respond(Uint8Array.from(Buffer.concat(pieces)), endOf(request.socket));
      const { method, headers } = request;
      const status = method === "POST" && headers["content-type"] === MEDIA_TYPE ? 200 : 415;
      if (answer) response.writeHead(status, { "content-type": MEDIA_TYPE }).end(answer);
    });
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  return { port: portOf(front.address()), close: () => closed(front, () => front.closeAllConnections()) };
}

function portOf(bound: AddressInfo | string | null): number {
  if (bound === null || typeof bound === "string") throw new TypeError("no port");
  return bound.port;
}

function closed(server: { close(done: () => void): void }, end: () => void): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    end();
  });
}

async function buildWorld(): Promise<SourceWorld> {
  let homes = HOME;
  let text: string | undefined;
  const special = (question: Question, client: Endpoint) => {
    if (question.name !== NAME) return undefined;
    if (text !== undefined) return [told({ ...question, type: TYPE.TXT }, text)];
    return [told(question, homes[client.address.family].text)];
  };
  const start = (family: Family) => startDnsServer({ address: LOOPBACK[family], zones: [], special });
  const servers = { 4: await start(4), 6: await start(6) };
  const fronts = { tls: await startTls(servers[4]), https: await startHttps(servers[4]) };
  const all = Object.values(servers);
  const common = { name: NAME, operator: "lab" };
  const services = [
    {
      ...common,
      transport: "udp",
      server: "127.0.0.1",
      port: servers[4].endpoint.port,
      type: "TXT",
      class: "CH",
    },
    { ...common, transport: "udp", server: "::1", port: servers[6].endpoint.port, type: "AAAA" },
    {
      ...common,
      transport: "tls",
      server: "127.0.0.1",
      port: fronts.tls.port,
      serverName: "dns.example.net",
    },
    { ...common, transport: "https", url: `https://127.0.0.1:${fronts.https.port}/dns-query`, type: "A" },
  ];
  return {
    create: () => createSource(services),
    truth: (family) => homes[family],
    move: () => {
      homes = MOVED;
    },
    behave: (behaviour: PeerBehaviour) => {
      text = behaviour === "nonsense" ? "<html>hello</html>" : undefined;
      const dns = behaviour === "silent" ? "silent" : behaviour === "failing" ? "refused" : "honest";
      for (const server of all) server.behave(dns);
    },
    questions: () => all.flatMap((server) => server.requests.map(({ client }) => client)),
    close: async () => {
      await Promise.all([...Object.values(fronts), ...all].map((server) => server.close()));
    },
  };
}

describeSourceContract({ kind: "whoami", build: buildWorld });

function codeOf(error: unknown): string {
  return error instanceof EsddnsError ? error.code : describeError(error);
}

describe("an answer to whoami", () => {
  let server: DnsServer;
  let records: (question: Question) => readonly ResourceRecord[] | undefined;

  const start = async (options: Partial<DnsServerOptions> = {}) => {
    const special = (question: Question) => records(question);
    server = await startDnsServer({ address: LOOPBACK[4], zones: [], special, ...options });
  };
  beforeEach(() => start());
  afterEach(() => server.close());

  async function ask(service: object = {}): Promise<string> {
    const { port } = server.endpoint;
    const services = [
      { transport: "udp", server: "127.0.0.1", port, name: NAME, operator: "lab", ...service },
    ];
    const [witness] = createSource(services).witnesses();
    const asked = witness!
      .ask(4, NEVER)
      .then(({ address, server }) => `${address.text} from ${server?.text}`, codeOf);
    return asked;
  }

  const TXT = { type: "TXT" };

  it("is one A record, or one text that is an address", async () => {
    records = (question) => [told(question, "44.1.2.3")];
    expect(await ask()).toBe("44.1.2.3 from 127.0.0.1");
    expect(await ask({ type: "A" })).toBe("44.1.2.3 from 127.0.0.1");
    expect(await ask(TXT)).toBe("44.1.2.3 from 127.0.0.1");
    expect(await ask({ ...TXT, class: "CH" })).toBe("44.1.2.3 from 127.0.0.1");
  });

  it("may hold the client subnet of a resolver beside it, as Google's does", async () => {
    records = (question) => [
      told(question, "edns0-client-subnet 198.51.100.0/24"),
      told(question, "44.1.2.3"),
    ];
    expect(await ask(TXT)).toBe("44.1.2.3 from 127.0.0.1");
  });

  it.each<[string, object, (question: Question) => readonly ResourceRecord[], string]>([
    ["two addresses", {}, (asked) => [told(asked, "44.1.2.3"), told(asked, "44.1.2.4")], "several-addresses"],
    ["two texts", TXT, (asked) => [told(asked, "44.1.2.3"), told(asked, "hello")], "several-addresses"],
    ["nothing", {}, () => [], "no-address"],
    ["text around it", TXT, (asked) => [told(asked, "ip=44.1.2.3")], "not-an-address"],
    ["a space behind it", TXT, (asked) => [told(asked, "44.1.2.3 ")], "not-an-address"],
    ["a subnet alone", TXT, (asked) => [told(asked, "edns0-client-subnet 44.1.2.3")], "no-address"],
    [
      "a record of another name",
      {},
      (asked) => [told({ ...asked, name: "other.example" }, "44.1.2.3")],
      "no-address",
    ],
    [
      "a record of another type",
      {},
      (asked) => [told({ ...asked, type: TYPE.TXT }, "44.1.2.3")],
      "no-address",
    ],
    [
      "a record of another class",
      { ...TXT, class: "CH" },
      (asked) => [told({ ...asked, class: CLASS.IN }, "44.1.2.3")],
      "no-address",
    ],
    [
      "an alias before it",
      {},
      (asked) => [
        { ...told(asked, "44.1.2.3"), type: TYPE.CNAME, data: { kind: "host", host: "other.example" } },
        told({ ...asked, name: "other.example" }, "44.1.2.3"),
        told(asked, "44.1.2.3"),
      ],
      "alias",
    ],
  ])("with %s is refused", async (_, service, answer, code) => {
    records = answer;
    expect(await ask(service)).toBe(code);
  });

  it("that is an error is refused with its name", async () => {
    records = () => undefined;
    expect(await ask()).toBe("rcode");
  });

  it.each([
    [true, true, "44.1.2.3"],
    [true, false, "not-authoritative"],
    [false, false, "44.1.2.3"],
  ])(
    "may have to come from the holder of the name itself: asked %s, told %s",
    async (authoritative, aa, result) => {
      const network = new SimulatedNetwork(new ManualClock());
      const rd: boolean[] = [];
      network.serveUdp({ address: address("192.0.2.53"), port: 53 }, (bytes) => {
        const asked = decodeMessage(bytes);
        rd.push(asked.header.rd);
        const answers = asked.questions.map((question) => told(question, "44.1.2.3"));
        return [{ bytes: encodeMessage({ ...asked, header: { ...asked.header, qr: true, aa }, answers }) }];
      });
      const service = { transport: "udp", server: "192.0.2.53", name: NAME, authoritative };
      const config = whoami.config.parse({ services: [service] });
      const source = whoami.create(config, { ...ports(), udp: network.udp, names: network.names }, {});
      const answer = source.witnesses()[0]!.ask(4, NEVER);
      const said = await answer.then(({ address }) => address.text, codeOf);
      expect(said).toBe(result);
      expect(rd).toEqual([!authoritative]);
    },
  );

  it("that does not come in time is none", async () => {
    server.behave("silent");
    expect(await ask()).toBe("timeout");
  });

  it("over UDP does not go on by TCP, where another server may answer", async () => {
    server.behave("truncate");
    records = (question) => [told(question, "44.1.2.3")];
    expect(await ask()).toBe("truncated");
  });
});

describe("the witnesses of whoami", () => {
  it("are the curated ones unless others are configured", () => {
    const witnesses = createSource(undefined).witnesses();
    const told = witnesses.map(({ id, families, decisive, authenticated }) => [
      id,
      families,
      decisive,
      authenticated,
    ]);
    expect(told).toEqual([
      ["whoami:cloudflare:udp", [4, 6], false, false],
      ["whoami:cloudflare:tls", [4, 6], true, true],
      ["whoami:cloudflare:https", [4, 6], true, true],
      ["whoami:cisco:udp", [4, 6], false, false],
      ["whoami:cisco:tls", [4, 6], true, true],
      ["whoami:google:udp", [4, 6], false, false],
    ]);
  });

  it("of the curated list are reached at addresses of both families", () => {
    for (const { access } of DEFAULT_SERVICES) {
      if (access.transport === "https") continue;
      const families = access.hosts.map((host) => parseAddress(host)?.family);
      expect(new Set(families)).toEqual(new Set([4, 6]));
    }
  });

  it("have different ids when one operator is asked twice the same way", () => {
    const service = { transport: "udp", name: NAME, operator: "lab" };
    const source = createSource([
      { ...service, server: "192.0.2.1" },
      { ...service, server: "192.0.2.2" },
    ]);
    expect(source.witnesses().map(({ id }) => id)).toEqual([
      "whoami:lab:udp",
      "whoami:lab:udp:address:whoami.example@192.0.2.2:53",
    ]);
  });

  it("verify the certificate of the configured name", async () => {
    const server = await startDnsServer({ address: LOOPBACK[4], zones: [] });
    const front = await startTls(server);
    const service = { transport: "tls", server: "127.0.0.1", port: front.port, name: NAME, operator: "lab" };
    const [witness] = createSource([{ ...service, serverName: "other.example.net" }]).witnesses();
    await expect(witness!.ask(4, NEVER)).rejects.toMatchObject({ code: "certificate", phase: "unsent" });
    expect(server.requests).toEqual([]);
    await front.close();
    await server.close();
  });
});

describe("the configuration of whoami", () => {
  const parse = (service: object) => whoami.config.safeParse({ services: [{ name: NAME, ...service }] });

  it("knows the operator by the server's name", () => {
    const { data } = parse({ transport: "tls", server: "dns.opendns.com" });
    expect(data?.services?.[0]).toMatchObject({
      operator: "cisco",
      type: "address",
      access: { port: 853, serverName: "dns.opendns.com" },
    });
    const https = parse({ transport: "https", url: "https://cloudflare-dns.com/dns-query" });
    expect(https.data?.services?.[0]).toMatchObject({ operator: "cloudflare" });
  });

  it.each([
    ["no transport", { server: "192.0.2.1" }],
    ["no server", { transport: "udp" }],
    ["no server at all", { transport: "udp", server: [] }],
    ["TLS at an address without a name", { transport: "tls", server: "192.0.2.1" }],
    ["plain http", { transport: "https", url: "http://dns.example.net/dns-query" }],
    ["a URL with credentials", { transport: "https", url: "https://me:pw@dns.example.net/dns-query" }],
    ["A over IPv6", { transport: "udp", server: "2001:db8::53", type: "A" }],
    ["a name that is none", { transport: "udp", server: "192.0.2.1", name: "a..b" }],
    ["an unknown key", { transport: "udp", server: "192.0.2.1", srv: 1 }],
  ])("refuses %s", (_, service) => {
    expect(parse(service).success).toBe(false);
  });

  it("of any shape is a service or an error, never a crash", () => {
    const text = fc.oneof(fc.string(), fc.constantFrom("192.0.2.1", "ns1.example.net", "[::1]", ""));
    const value = fc.oneof(
      text,
      fc.integer(),
      fc.array(text),
      fc.constant(null),
      fc.constantFrom("A", "TXT", "CH"),
    );
    const service = fc.dictionary(
      fc.constantFrom(
        "name",
        "server",
        "url",
        "type",
        "class",
        "port",
        "operator",
        "serverName",
        "authoritative",
      ),
      value,
    );
    const transport = fc.constantFrom("udp", "tls", "https", "tcp");
    fc.assert(
      fc.property(fc.array(fc.tuple(service, transport), { maxLength: 3 }), (entries) => {
        const services = entries.map(([entry, transport]) => ({ name: NAME, ...entry, transport }));
        expect(typeof whoami.config.safeParse({ services }).success).toBe("boolean");
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses the same service twice", () => {
    const service = { transport: "udp", server: "192.0.2.1", name: NAME };
    expect(whoami.config.safeParse({ services: [service, service] }).success).toBe(false);
  });
});
