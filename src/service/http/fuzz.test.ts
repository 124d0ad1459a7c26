import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sendRaw } from "#service/http/testdata/raw.ts";
import { startForTest, type TestServer } from "#service/http/testdata/start.ts";

const [BATCHES, BATCH] = [15, 120];
const LIMITS = { headersTime: 250, requestTime: 300, idleTime: 100, closeTime: 200 };

const PATHS = [
  "/",
  "/hello",
  "/who",
  "/things/a",
  "/operate",
  "/echo",
  "/sign-in",
  "/sign-out",
  "/jump",
  "/asset",
  "/nothing",
];
/** What may stand in a header that means something here, right and wrong. */
const HEADERS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ["Host", ["localhost", "127.0.0.1:1", "[::1]", "[::1", "evil.example", ""]],
  ["Content-Length", ["0", "5", "-1", "1e9", "99999999999999999999", "0x10"]],
  ["Transfer-Encoding", ["chunked", "gzip", "chunked, identity", "\u000bchunked"]],
  ["Content-Type", ["application/json", "application/x-www-form-urlencoded", "text/html", ";", "a/b; c"]],
  ["Content-Encoding", ["gzip", "identity"]],
  ["Cookie", ["esddns=x; __Host-esddns=", "a", "=;=;", "esddns"]],
  ["Authorization", ["Bearer x", "Bearer", "Basic eDp4", "Bearer  a b"]],
  ["Origin", ["null", "http://localhost", "https://evil.example", "*"]],
  ["Sec-Fetch-Site", ["cross-site", "same-origin", "none", "?1"]],
  ["X-Esddns-Csrf", ["x", "\u00ff", "A".repeat(43)]],
  ["X-Forwarded-For", ["::ffff:1.2.3.4, 999.1.1.1", "1.2.3.4", ",,,", "[::1"]],
  ["X-Forwarded-Proto", ["https, http", "gopher"]],
  ["X-Forwarded-Host", ["evil.example", "localhost"]],
  ["Accept", ["*/*", "text/html", "application/json", "text/html;q=0"]],
  ["Expect", ["100-continue", "200-ok"]],
  ["Upgrade", ["websocket", "h2c"]],
  ["Connection", ["keep-alive, Upgrade", "close", "Host"]],
  ["Range", ["bytes=0-", "bytes=5-1"]],
  ["If-None-Match", ["*", '"x"']],
];

const latin = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});
const method = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT"),
  },
  { weight: 1, arbitrary: latin },
);
const path = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...PATHS) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...PATHS), latin).map((parts) => parts.join("?")) },
  { weight: 2, arbitrary: fc.webPath() },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.constantFrom("..", ".", "%2e", "%00", "%", "//", "\\", "a", "things", "%c3%28", "#", "?"))
      .map((parts) => `/${parts.join("/")}`),
  },
  { weight: 1, arbitrary: latin },
);
const known = fc.constantFrom(...HEADERS);
const header = fc.oneof(
  {
    weight: 12,
    arbitrary: known.chain(([name, values]) => fc.tuple(fc.constant(name), fc.constantFrom(...values))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      known.map(([name]) => name),
      latin,
    ),
  },
  { weight: 1, arbitrary: fc.tuple(latin, latin) },
);
const body = fc.oneof(
  latin,
  fc.json({ maxDepth: 3 }),
  fc.constantFrom(
    "",
    "csrf=x",
    "password=x&next=//evil",
    "5\r\nhello\r\n0\r\n\r\n",
    "fffffffff\r\n",
    "{}",
    "[".repeat(5000),
  ),
);

/** A request as bytes: much of it right, so that it gets somewhere. */
const message = fc
  .record({
    method,
    path,
    headers: fc.array(header, { maxLength: 4 }),
    body,
    length: fc.constantFrom(0, 0, 0, 0, 1, -1),
    version: fc.oneof({ weight: 9, arbitrary: fc.constant("1.1") }, fc.constantFrom("1.0", "0.9", "2.0")),
  })
  .map(({ method, path, headers, body, length, version }) => {
    const names = new Set(headers.map(([name]) => name));
    const usual = [
      ["Host", "localhost"],
      ["Content-Length", String(body.length + length)],
      ["Connection", "close"],
    ].filter(([name = ""]) => !names.has(name));
    const lines = [...usual, ...headers].map((pair) => pair.join(": "));
    return Buffer.from(`${method} ${path} HTTP/${version}\r\n${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
  });

async function isWell(server: TestServer): Promise<boolean> {
  const response = await fetch(`${server.origin}/hello`);
  return (await response.text()) === "hello";
}

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

function cutUp(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const ends = lengths.map((_length, index) => lengths.slice(0, index + 1).reduce((sum, each) => sum + each));
  return [0, ...ends].map((start, index) => bytes.subarray(start, ends[index]));
}

/** Side by side, so that those that run into a time limit do so together. */
const batch = fc.array(fc.record({ bytes: message, cuts: fc.option(cuts, { freq: 4 }) }), {
  minLength: BATCH,
  maxLength: BATCH,
});

describe("whatever is sent", () => {
  it("is answered without failing, or the connection ends", { timeout: 120_000 }, async () => {
    const server = await startForTest({ limits: LIMITS });
    const statuses = new Set<number>();
    const send = async ({
      bytes,
      cuts,
    }: {
      readonly bytes: Buffer;
      readonly cuts: readonly number[] | null;
    }) => {
      const pieces = cuts ? cutUp(bytes, cuts) : [bytes];
      const answer = await sendRaw(server.port ?? 0, pieces, { patience: 5000, pause: cuts ? 1 : 0 });
      const { status, isEnded, head } = answer;
      statuses.add(status);
      const isFine =
        status === 0 || (status >= 200 && status < 500 && head.includes("content-security-policy"));
      return isFine && isEnded ? [] : [{ sent: bytes.toString("latin1"), ...answer }];
    };
    await fc.assert(
      fc.asyncProperty(batch, async (messages) => {
        expect((await Promise.all(messages.map(send))).flat()).toEqual([]);
      }),
      { numRuns: BATCHES, endOnFailure: true },
    );
    expect(await isWell(server)).toBe(true);
    expect(server.log.messages("error")).toEqual([]);
    await expect.poll(() => server.openConnections()).toBeLessThanOrEqual(1);
    // It got as far as every kind of answer
    expect([...statuses]).toEqual(expect.arrayContaining([200, 204, 303, 400, 403, 404, 405, 421]));
  });
});
