import { createSecureContext } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { type Address, addressFromBytes, type Family, parseAddress } from "#core/address.ts";
import { EsddnsError, TransportError, WitnessError } from "#core/errors.ts";
import type { Http, HttpRequest, Log, LogFields, LogLevel, Names, Ports } from "#core/ports.ts";
import type { Source, WitnessPort } from "#core/witness.ts";
import { createAuthority } from "#lab/certificate.ts";
import type { EchoBehaviour } from "#lab/echo-answer.ts";
import { type EchoServer, type EchoServerOptions, startEchoServer } from "#lab/echo-server.ts";
import { createHttp } from "#platform/http.ts";
import { httpSource } from "#sources/http/http.ts";
import { partialPorts } from "#testing/partial-ports.ts";
import { describeSourceContract, type PeerBehaviour, type SourceWorld } from "#testing/source-contract.ts";

const NEVER = new AbortController().signal;
const LOOPBACK = { 4: addressOf("127.0.0.1"), 6: addressOf("::1") };
const now = new Date();
const authority = createAuthority({ name: "Echo authority", now });
const stranger = createAuthority({ name: "Other authority", now });
const certificate = authority.issue({
  dnsNames: ["echo.example.net"],
  addresses: [LOOPBACK[4], LOOPBACK[6]],
  now,
});

const BEHAVIOURS: Readonly<Record<PeerBehaviour, EchoBehaviour>> = {
  honest: "honest",
  silent: "silent",
  nonsense: "html-as-text",
  failing: "error-500",
};

describeSourceContract({
  kind: "http",
  build: buildWorld,
  named: ({ id }) => id.slice("http:".length),
});

describe("a web service's answer", () => {
  it.each([
    ["html", "html", 'a page that says "<!DOCTYPE html> <html><head><title>Welcome to the hotel'],
    ["html-as-text", "not-an-address", 'it says "<!DOCTYPE html> <html>'],
    ["wrong-content-type", "html", 'a page that says "93.184.216.34"'],
    ["redirect", "redirect", 'status 302, to "/elsewhere", expected 200'],
    ["huge", "too-large", "bytes"],
    ["two-addresses", "not-an-address", 'it says "93.184.216.34, 93.184.216.35"'],
    ["gzip", "encoded", 'a body in "gzip"'],
    ["error-500", "http-status", 'status 500 and "Internal Server Error"'],
    ["error-429", "http-status", "status 429"],
    ["empty", "not-an-address", "it says nothing"],
    ["wrong-family", "wrong-family", 'it says "2620:fe::9", expected an IPv4 address'],
  ] as const)("%s is refused as %s", async (behaviour, code, said) => {
    const { witness, echo } = await oneWitness({ behaviour });
    const error = await failureOf(witness.ask(4, NEVER));
    expect(error).toBeInstanceOf(WitnessError);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(said);
    expect(error.message).toContain(`"${echo.url.origin}/`);
    expect(echo.requests).toHaveLength(1);
  });

  it.each([
    ["reset", "reset"],
    ["half-body", "truncated"],
    ["stalled-body", "timeout"],
    ["silent", "timeout"],
  ] as const)("%s is no answer: %s", async (behaviour, code) => {
    const { witness, echo } = await oneWitness({ behaviour });
    const error = await failureOf(witness.ask(4, NEVER));
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(echo.url.host);
  });

  it("says when it wants to be asked again", async () => {
    const { witness } = await oneWitness({ behaviour: "error-429" });
    expect(await failureOf(witness.ask(4, NEVER))).toMatchObject({ retry: { after: 60_000 } });
  });

  it("may be late, and private: judging addresses is not its source's business", async () => {
    const { witness, echo } = await oneWitness({ behaviour: "slow", slowness: 20 });
    expect((await witness.ask(4, NEVER)).address.text).toBe("93.184.216.34");
    echo.behave("private");
    expect((await witness.ask(4, NEVER)).address.text).toBe("192.168.1.23");
  });

  it("carries the address of the server", async () => {
    const { witness } = await oneWitness({});
    expect((await witness.ask(4, NEVER)).server?.text).toBe("127.0.0.1");
  });

  it.each([" 1.2.3.4\r\n", "1.2.3.4"])("%j is an address", async (body) => {
    expect((await answering({ body }).ask(4, NEVER)).address.text).toBe("1.2.3.4");
  });

  it.each(["1.2.3.4:80", "ip: 1.2.3.4", "\u00a01.2.3.4", "\ufeff1.2.3.4", ""])("%j is none", async (body) => {
    const error = await failureOf(answering({ body }).ask(4, NEVER));
    expect(error).toMatchObject({ code: "not-an-address" });
  });

  it("shows at most 60 printable characters of what it was", async () => {
    const error = await failureOf(answering({ body: `\u001b[31m${"é".repeat(500)}` }).ask(4, NEVER));
    expect(error.message).toMatch(/it says "[\x20-\x7e]{60}…", expected/);
  });

  it.each([
    [4096, "not-an-address"],
    [4097, "too-large"],
  ])("of %d bytes is %s", async (length, code) => {
    expect(await failureOf(answering({ body: "x".repeat(length) }).ask(4, NEVER))).toMatchObject({ code });
  });

  it("is judged by its status first, however long the page that comes with it", async () => {
    const error = await failureOf(answering({ status: 403, body: "x".repeat(8000) }).ask(4, NEVER));
    expect(error).toMatchObject({ code: "http-status" });
    expect(error.message).toContain("status 403");
  });

  it.each([201, 204, 206, 301, 404])("with status %d does not count", async (status) => {
    const error = await failureOf(answering({ status, body: "1.2.3.4" }).ask(4, NEVER));
    expect(error).toBeInstanceOf(WitnessError);
  });
});

describe("a trace", () => {
  it("counts when it is of the right host and came through no tunnel", async () => {
    const { witness, echo } = await oneWitness({}, "/cdn-cgi/trace");
    expect((await witness.ask(4, NEVER)).address.text).toBe("93.184.216.34");
    expect(echo.requests[0]?.path).toBe("/cdn-cgi/trace");
  });

  it.each([
    ["other-host", "other-host", 'a trace of "other.example.net"'],
    ["warp", "tunnel", 'warp is "on"'],
    ["empty", "not-a-trace", "it says nothing"],
    ["html-as-text", "not-a-trace", "<!DOCTYPE html>"],
  ] as const)("%s is refused as %s", async (behaviour, code, said) => {
    const { witness } = await oneWitness({ behaviour }, "/cdn-cgi/trace");
    const error = await failureOf(witness.ask(4, NEVER));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(said);
  });

  it.each([
    ["two addresses", "ip=1.2.3.4\nip=1.2.3.4\nh=trace.example.net\nwarp=off\n"],
    ["no address", "h=trace.example.net\nwarp=off\n"],
    ["no host", "ip=1.2.3.4\nwarp=off\n"],
    ["nothing about tunnels", "ip=1.2.3.4\nh=trace.example.net\n"],
    ["prose", "ip=1.2.3.4\nh=trace.example.net\nwarp=off\nHello!\n"],
  ])("with %s is refused", async (_, body) => {
    const witness = answering({ body, url: "https://trace.example.net/cdn-cgi/trace" });
    expect(await failureOf(witness.ask(4, NEVER))).toMatchObject({ code: "not-a-trace" });
  });

  it("may be read from any path, and text from a trace's path, when configured so", async () => {
    const body = "ip=1.2.3.4\nh=trace.example.net\nwarp=off\n";
    const trace = answering({ body, url: "https://trace.example.net/ip", format: "trace" });
    expect((await trace.ask(4, NEVER)).address.text).toBe("1.2.3.4");
    const text = answering({ body: "1.2.3.4", url: "https://x.example/cdn-cgi/trace", format: "text" });
    expect((await text.ask(4, NEVER)).address.text).toBe("1.2.3.4");
  });
});

describe("Cloudflare's own addresses", () => {
  it.each(["104.18.0.0", "172.71.255.255", "2606:4700::1"])("%s is no answer of Cloudflare", async (text) => {
    const family = addressOf(text).family;
    const witness = answering({ body: text, url: "https://ipv4.icanhazip.com/" });
    expect(await failureOf(witness.ask(family, NEVER))).toMatchObject({ code: "relay-address" });
  });

  it.each(["104.15.255.255", "104.32.0.0", "173.245.64.0"])("%s lies beside them", async (body) => {
    const witness = answering({ body, url: "https://ipv4.icanhazip.com/" });
    expect((await witness.ask(4, NEVER)).address.text).toBe(body);
  });

  it("are for others to judge when somebody else names them", async () => {
    expect((await answering({ body: "104.18.0.0" }).ask(4, NEVER)).address.text).toBe("104.18.0.0");
  });
});

describe("the connection to a web service", () => {
  it("is of the family in question, also where the name has both", async () => {
    const port = await sharedPort();
    const witness = witnessesOf(sourceFor([{ url: `https://echo.example.net:${port}/` }]))[0]!;
    for (const family of [4, 6] as const) {
      expect((await witness.ask(family, NEVER)).address).toEqual(LOOPBACK[family]);
    }
  });

  it("is not made for a family that the service is not configured for", async () => {
    const asked: HttpRequest[] = [];
    const http: Http = {
      request(request) {
        asked.push(request);
        return Promise.reject(new RangeError("asked"));
      },
    };
    const [witness] = witnessesOf(sourceFor([{ url: "https://v4.example.net/", families: [4] }], { http }));
    expect(await failureOf(witness!.ask(6, NEVER))).toMatchObject({ code: "wrong-family", retry: "never" });
    expect(asked).toEqual([]);
  });

  it("tells who is asking, and asks for an uncompressed answer", async () => {
    const { witness, echo } = await oneWitness({});
    await witness.ask(4, NEVER);
    expect(echo.requests[0]).toMatchObject({
      method: "GET",
      headers: { "user-agent": "esddns", "accept-encoding": "identity" },
    });
  });

  it("is refused when the certificate is another's, and nothing is asked then", async () => {
    const { witness, echo } = await oneWitness({
      tls: stranger.issue({ addresses: [LOOPBACK[4]], now }),
    });
    expect(await failureOf(witness.ask(4, NEVER))).toMatchObject({ code: "certificate" });
    expect(echo.requests).toEqual([]);
  });

  it("takes no proxy from the environment", async () => {
    const { witness, echo } = await oneWitness({});
    const proxy = await started({ tls: undefined });
    process.env["HTTPS_PROXY"] = process.env["https_proxy"] = proxy.url.origin;
    try {
      await witness.ask(4, NEVER);
    } finally {
      delete process.env["HTTPS_PROXY"];
      delete process.env["https_proxy"];
    }
    expect(echo.requests).toHaveLength(1);
    expect(proxy.requests).toEqual([]);
  });

  it("of plain http is not authenticated and one round trip shorter", async () => {
    const { witness, echo } = await oneWitness({ tls: undefined });
    expect(echo.url.protocol).toBe("http:");
    expect(witness).toMatchObject({ authenticated: false, roundTrips: 2, decisive: true });
    expect((await oneWitness({})).witness).toMatchObject({ authenticated: true, roundTrips: 3 });
  });
});

describe("preparing", () => {
  it("resolves every name for the families that will be asked", async () => {
    const asked: string[] = [];
    const names = namesThat(async (host, family) => {
      asked.push(`${host} ${family}`);
      return [LOOPBACK[family]];
    });
    const services = [
      { url: "https://both.example.net/" },
      { url: "https://six.example.net/", families: [6] },
      { url: "https://four.example.net/", families: [4] },
    ];
    await sourceFor(services, { names }).prepare?.([4], NEVER);
    expect(asked.toSorted()).toEqual(["both.example.net 4", "four.example.net 4"]);
  });

  it("reports a name that does not resolve, and goes on", async () => {
    const log = recordingLog();
    const names = namesThat(async (host) => {
      throw new Error(`no ${host}`);
    });
    await sourceFor([{ url: "https://gone.example.net/", families: [4] }], { names, log }).prepare?.(
      [4],
      NEVER,
    );
    expect(log.lines).toEqual([
      expect.objectContaining({
        level: "debug",
        fields: expect.objectContaining({ host: "gone.example.net" }),
      }),
    ]);
  });
});

describe("the log", () => {
  it.each([
    [false, "debug"],
    [true, "info"],
  ])("has a line for each success (announce: %s)", async (announce, level) => {
    const log = recordingLog();
    const http = fixedHttp({ body: "1.2.3.4" });
    const source = sourceFor([{ url: "https://api.ipify.org/?format=text" }], { log, http }, { announce });
    await witnessesOf(source)[0]!.ask(4, NEVER);
    const message = "SUCCESS: https://api.ipify.org/?format=text Returned: 1.2.3.4 as your WAN IPv4";
    expect(log.lines).toEqual([expect.objectContaining({ level, message })]);
  });

  it("never shows a query that could hold a token, nor do ids and errors", async () => {
    const log = recordingLog();
    const http = fixedHttp({ body: "1.2.3.4" });
    const source = sourceFor([{ url: "https://ipinfo.io/ip?token=hush" }], { log, http });
    const [witness] = witnessesOf(source);
    await witness!.ask(4, NEVER);
    const error = await failureOf(witness!.ask(6, NEVER));
    expect(JSON.stringify([log.lines, witness!.id, error.message])).not.toContain("hush");
  });
});

describe("the configuration", () => {
  it("has curated services with several operators for each family", () => {
    const witnesses = witnessesOf(httpSource.create(httpSource.config.parse({}), portsWith({}), {}));
    for (const family of [4, 6] as const) {
      const operators = witnesses.filter((w) => w.families.includes(family)).map((w) => w.operator);
      expect(new Set(operators).size).toBeGreaterThanOrEqual(5);
    }
    expect(witnesses.every(({ authenticated }) => authenticated)).toBe(true);
  });

  it("gives Cloudflare one vote, whatever the name", () => {
    const names = [
      "https://ipv4.icanhazip.com",
      "https://www.cloudflare.com/cdn-cgi/trace",
      "https://1.1.1.1",
    ];
    const witnesses = witnessesOf(sourceFor(names.map((url) => ({ url }))));
    expect(new Set(witnesses.map(({ operator }) => operator))).toEqual(new Set(["cloudflare"]));
  });

  it.each([
    [{ url: "https://a.ip.example.co.uk/x" }, { operator: "example.co.uk", families: [4, 6] }],
    [{ url: "https://a.example.net", operator: " Example " }, { operator: "example" }],
    [{ url: "https://a.example.net", families: [6, 4] }, { families: [4, 6] }],
    [{ url: "https://192.0.2.1/" }, { operator: "192.0.2.1", families: [4] }],
    [{ url: "https://[2001:db8::1]:8443/ip" }, { id: "http:[2001:db8::1]:8443/ip", families: [6] }],
    [{ url: "http://ip.example.net/", insecure: true }, { authenticated: false }],
    [{ url: "http://127.0.0.1:8080/" }, { authenticated: false, id: "http:127.0.0.1:8080/" }],
    [{ url: "http://[::1]:8080/" }, { authenticated: false }],
    [{ url: "http://localhost/" }, { authenticated: false }],
    [{ url: "https://EXAMPLE.net:443/ip#there" }, { id: "http:example.net/ip" }],
  ])("%j makes %j", (service, expected) => {
    expect(witnessesOf(sourceFor([service]))[0]).toMatchObject(expected);
  });

  it.each([
    [[{ url: "http://ip.example.net/" }], "services.0.url", /expected https/],
    [[{ url: "http://127.0.0.1.example.net/" }], "services.0.url", /expected https/],
    [[{ url: "ftp://ip.example.net/" }], "services.0.url", /expected a URL/],
    [[{ url: "ip.example.net" }], "services.0.url", /expected a URL/],
    [[{ url: "https://me:secret@ip.example.net/" }], "services.0.url", /without credentials/],
    [[{ url: "https://192.0.2.1/", families: [4, 6] }], "services.0.families", /expected 4 alone/],
    [[{ url: "https://a.example/" }, { url: "https://A.example/?x" }], "services.1.url", /listed already/],
    [[{ url: "https://a.example/", families: [5] }], "services.0.families.0", /4\|6/],
    [[{ url: "https://a.example/", operator: " " }], "services.0.operator", /./],
    [[{ url: "https://a.example/", retries: 2 }], "services.0", /retries/],
    [[], "services", /./],
  ])("%j is refused", (services, path, message) => {
    const issues = httpSource.config.safeParse({ services }).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join("."))).toEqual([path]);
    expect(issues[0]?.message).toMatch(message);
  });

  it("shows no secret in what it says about credentials in a URL", () => {
    const result = httpSource.config.safeParse({ services: [{ url: "https://me:secret@ip.example.net/" }] });
    expect(JSON.stringify(result.error?.issues)).not.toContain("secret");
  });
});

const servers: EchoServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** One service for IPv4, one for IPv6 and one trace, over TLS on loopback. */
async function buildWorld(): Promise<SourceWorld> {
  let shift = 0;
  const truth = (family: Family) =>
    neighbour(addressOf(family === 4 ? "93.184.216.34" : "2606:2800::34"), shift);
  const common = { tls: certificate, publicAddress: truth };
  const echoes = await Promise.all([
    startEchoServer({ ...common, address: LOOPBACK[4] }),
    startEchoServer({ ...common, address: LOOPBACK[6] }),
    startEchoServer({ ...common, address: LOOPBACK[4], format: "trace" }),
  ]);
  const paths = ["/ip", "/", "/cdn-cgi/trace"];
  const services = echoes.map(({ url }, index) => ({ url: new URL(paths[index] ?? "", url).href }));
  return {
    create: () => sourceFor(services),
    truth,
    move: () => {
      shift += 1;
    },
    behave: (behaviour) => {
      for (const echo of echoes) echo.behave(BEHAVIOURS[behaviour]);
    },
    questions: () => echoes.flatMap(({ requests }) => requests.map(({ client }) => client)),
    async close() {
      await Promise.all(echoes.map((echo) => echo.close()));
    },
  };
}

async function oneWitness(options: Partial<EchoServerOptions>, path = "/ip") {
  const echo = await started({ tls: certificate, ...options });
  const witness = witnessesOf(sourceFor([{ url: new URL(path, echo.url).href }]))[0]!;
  return { echo, witness };
}

async function started(options: Partial<EchoServerOptions>): Promise<EchoServer> {
  const publicAddress = () => addressOf("93.184.216.34");
  const server = await startEchoServer({ address: LOOPBACK[4], publicAddress, ...options });
  servers.push(server);
  return server;
}

/** A dual-stack port that answers with whatever address the caller has. */
async function sharedPort(): Promise<number> {
  const server = await startEchoServer({ address: addressOf("::"), tls: certificate });
  servers.push(server);
  return server.port;
}

interface FixedAnswer {
  readonly body: string;
  readonly status?: number;
  readonly url?: string;
  readonly format?: "text" | "trace";
}

/** A witness whose service gives one answer for ever. */
function answering({ url = "https://ip.example.net/", format, ...answer }: FixedAnswer): WitnessPort {
  const service = { url, ...(format && { format }) };
  return witnessesOf(sourceFor([service], { http: fixedHttp(answer) }))[0]!;
}

function fixedHttp({ body, status = 200 }: Pick<FixedAnswer, "body" | "status">): Http {
  const bytes = new TextEncoder().encode(body);
  return {
    request: async () => ({
      status,
      headers: { "content-type": "text/plain" },
      body: bytes,
      server: undefined,
    }),
  };
}

function sourceFor(
  services: readonly unknown[],
  ports: Partial<Ports> = {},
  options: { readonly announce?: boolean } = {},
): Source {
  const config = httpSource.config.parse({ services, timeout: "200ms", ...options });
  return httpSource.create(config, portsWith(ports), {});
}

function portsWith(ports: Partial<Ports>): Ports {
  const names = ports.names ?? namesThat(async (_, family) => [LOOPBACK[family]]);
  const context = createSecureContext({ ca: authority.certificatePem });
  const http = createHttp({ names, trust: () => context });
  return partialPorts({ http, names, log: recordingLog(), ...ports });
}

function namesThat(resolve: Names["resolve"]): Names {
  return { resolve, resolvers: () => [] };
}

interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

function recordingLog(): Log & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    lines.push({ level, message, fields });
  };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function witnessesOf(source: Source): readonly WitnessPort[] {
  return source.witnesses();
}

async function failureOf(answer: Promise<unknown>): Promise<EsddnsError> {
  const error = await answer.then(
    () => new RangeError("it was answered"),
    (reason: unknown) => reason,
  );
  if (error instanceof EsddnsError) return error;
  throw error;
}

/** The address so many further on. */
function neighbour(address: Address, distance: number): Address {
  const last = address.bytes.length - 1;
  return addressFromBytes(address.bytes.map((byte, index) => (index === last ? byte + distance : byte)));
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new TypeError(text);
  return address;
}
