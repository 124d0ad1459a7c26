import { request } from "node:http";
import { request as requestTls } from "node:https";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import { createAuthority } from "#lab/certificate.ts";
import { ECHO_BEHAVIOURS, isEchoBehaviour } from "#lab/echo-answer.ts";
import { type EchoServer, type EchoServerOptions, startEchoServer } from "#lab/echo-server.ts";

const LOOPBACK = { 4: addressOf("127.0.0.1"), 6: addressOf("::1") };
const TRUTH = { 4: addressOf("93.184.216.34"), 6: addressOf("2606:2800:220::34") };

let server: EchoServer | undefined;
afterEach(() => server?.close());

describe("an honest echo", () => {
  it.each([4, 6] as const)("tells IPv%d callers the address it is given", async (family) => {
    const { url } = await start({ address: LOOPBACK[family] });
    const answer = await get(url);
    expect(answer).toMatchObject({ status: 200, body: `${TRUTH[family].text}\n`, end: "complete" });
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
  });

  it("tells callers where they come from when it is given no address", async () => {
    const { url } = await start({ publicAddress: undefined });
    expect((await get(url)).body).toBe("127.0.0.1\n");
  });

  it("knows an IPv4 caller on a dual-stack socket", async () => {
    const { port } = await start({ address: addressOf("::"), publicAddress: undefined });
    expect((await get(new URL(`http://127.0.0.1:${port}/`))).body).toBe("127.0.0.1\n");
    expect(server?.requests[0]).toMatchObject({ family: 4 });
  });

  it("answers a trace where a trace is expected", async () => {
    const { url } = await start({});
    const { body } = await get(new URL("/cdn-cgi/trace", url));
    expect(body).toContain(`\nh=${url.host}\nip=93.184.216.34\n`);
    expect(body).toContain("\nwarp=off\n");
  });

  it("speaks TLS with the certificate it is given", async () => {
    const now = new Date();
    const authority = createAuthority({ name: "Lab authority", now });
    const { url } = await start({ tls: authority.issue({ addresses: [LOOPBACK[4]], now }) });
    expect(url.protocol).toBe("https:");
    expect(await get(url, authority.certificatePem)).toMatchObject({ status: 200, body: "93.184.216.34\n" });
    await expect(get(url)).rejects.toThrow(/certificate/);
  });

  it("keeps a log of who asked what", async () => {
    const { url, requests } = await start({});
    await get(new URL("/one?two", url));
    await get(new URL("/three", url));
    expect(requests.map(({ method, path, family }) => [method, path, family])).toEqual([
      ["GET", "/one?two", 4],
      ["GET", "/three", 4],
    ]);
    expect(requests[0]?.client).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(requests[0]?.client).not.toBe(requests[1]?.client);
    expect(requests[0]?.headers["host"]).toBe(url.host);
  });

  it("follows an address that moves", async () => {
    let address = TRUTH[4];
    const { url } = await start({ publicAddress: () => address });
    await get(url);
    address = addressOf("93.184.216.35");
    expect((await get(url)).body).toBe("93.184.216.35\n");
  });
});

describe("an echo that misbehaves", () => {
  it.each([
    ["liar", { status: 200, body: "93.184.216.35\n", end: "complete" }],
    ["two-addresses", { status: 200, body: "93.184.216.34, 93.184.216.35\n", end: "complete" }],
    [
      "html",
      { status: 200, body: expect.stringContaining("Your address is 93.184.216.34<"), end: "complete" },
    ],
    ["html-as-text", { status: 200, body: expect.stringMatching(/^<!DOCTYPE html>/), end: "complete" }],
    ["wrong-content-type", { status: 200, body: "93.184.216.34\n", end: "complete" }],
    ["redirect", { status: 302, body: "", end: "complete" }],
    ["half-body", { status: 200, body: "93.184.216.34", end: "ECONNRESET" }],
    ["error-500", { status: 500, body: "Internal Server Error\n", end: "complete" }],
    ["error-429", { status: 429, body: expect.stringContaining("Too Many"), end: "complete" }],
    ["empty", { status: 200, body: "", end: "complete" }],
    ["private", { status: 200, body: "192.168.1.23\n", end: "complete" }],
    ["wrong-family", { status: 200, body: "2620:fe::9\n", end: "complete" }],
  ] as const)("%s", async (behaviour, expected) => {
    const { url } = await start({ behaviour });
    expect(await get(url)).toMatchObject(expected);
  });

  it("labels pages as pages, and plain text wrongly when told to", async () => {
    const echo = await start({ behaviour: "html" });
    expect((await get(echo.url)).headers["content-type"]).toMatch(/^text\/html/);
    echo.behave("html-as-text");
    expect((await get(echo.url)).headers["content-type"]).toMatch(/^text\/plain/);
    echo.behave("wrong-content-type");
    expect((await get(echo.url)).headers["content-type"]).toMatch(/^text\/html/);
  });

  it("lies only to who follows its redirect that it did not lie", async () => {
    const { url } = await start({ behaviour: "redirect" });
    const { location } = (await get(url)).headers;
    expect((await get(new URL(location ?? "", url))).body).toBe("93.184.216.34\n");
  });

  it("huge: a megabyte that a trimming reader takes for an address", async () => {
    const { url } = await start({ behaviour: "huge" });
    const { body } = await get(url);
    expect(body.length).toBeGreaterThan(1_000_000);
    expect(body.trim()).toBe("93.184.216.34");
  });

  it("gzip: a compressed body whatever was asked for", async () => {
    const { url } = await start({ behaviour: "gzip" });
    const { bytes, headers } = await get(url);
    expect(headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(bytes).toString()).toBe("93.184.216.34\n");
  });

  it("error-429: names a time to come back", async () => {
    const { url } = await start({ behaviour: "error-429" });
    expect((await get(url)).headers["retry-after"]).toBe("60");
  });

  it("reset: the connection breaks before an answer", async () => {
    const { url, requests } = await start({ behaviour: "reset" });
    await expect(get(url)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(requests).toHaveLength(1);
  });

  it.each(["silent", "stalled-body"] as const)(
    "%s: holds on until the caller gives up",
    async (behaviour) => {
      const echo = await start({ behaviour });
      const cancel = new AbortController();
      const answer = get(echo.url, undefined, cancel.signal);
      await vi.waitUntil(() => echo.requests.length === 1);
      expect(echo.openConnections()).toBe(1);
      cancel.abort();
      await expect(answer.then(({ end }) => Promise.reject(new Error(end)))).rejects.toThrow();
      await vi.waitUntil(() => echo.openConnections() === 0);
    },
  );

  it("slow: the honest answer, late", async () => {
    const { url } = await start({ behaviour: "slow", slowness: 30 });
    const before = performance.now();
    expect((await get(url)).body).toBe("93.184.216.34\n");
    expect(performance.now() - before).toBeGreaterThanOrEqual(29);
  });

  it("closes without waiting for its slow or stalled answers", async () => {
    const echo = await start({ behaviour: "slow", slowness: 60_000 });
    const answer = get(echo.url);
    await vi.waitUntil(() => echo.requests.length === 1);
    await Promise.all([echo.close(), expect(answer).rejects.toMatchObject({ code: "ECONNRESET" })]);
  });

  it("a trace can come from another host or through a tunnel", async () => {
    const echo = await start({ behaviour: "other-host", format: "trace" });
    expect((await get(echo.url)).body).toContain("\nh=other.example.net\n");
    echo.behave("warp");
    expect((await get(echo.url)).body).toContain("\nwarp=on\n");
  });

  it("every behaviour can be named, and nothing else", () => {
    expect(ECHO_BEHAVIOURS.length).toBeGreaterThan(20);
    expect(ECHO_BEHAVIOURS.every(isEchoBehaviour)).toBe(true);
    expect(isEchoBehaviour("toString")).toBe(false);
  });
});

async function start(options: Partial<EchoServerOptions>): Promise<EchoServer> {
  const publicAddress = (family: Family) => TRUTH[family];
  server = await startEchoServer({ address: LOOPBACK[4], publicAddress, ...options });
  return server;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]> & { location?: string | undefined };
  readonly bytes: Buffer;
  readonly body: string;
  /** `complete`, or the code of what ended the body. */
  readonly end: string;
}

function get(url: URL, ca?: string, signal?: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { agent: false as const, ...(signal && { signal }) };
    const outgoing =
      url.protocol === "https:" ? requestTls(url, { ...options, ...(ca && { ca }) }) : request(url, options);
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      const settle = (end: string) => {
        const bytes = Buffer.concat(chunks);
        const { statusCode: status, headers } = response;
        resolve({ status, headers, bytes, body: bytes.toString(), end });
      };
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => settle("complete"));
      response.on("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    });
    outgoing.end();
  });
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new TypeError(text);
  return address;
}
