import { scryptSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ServiceSettings } from "#config/service-settings.ts";
import { formatPasswordHash } from "#core/password-hash.ts";
import { parsePrefix, type Prefix } from "#core/prefix.ts";
import { Secret } from "#core/secret.ts";
import { request, sendRaw } from "#service/http/testdata/raw.ts";
import { startForTest, type TestServer } from "#service/http/testdata/start.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const TOKEN = "a-token-of-many-characters";
const READER = "another-token-that-only-reads";

/** As cheap as a hash may be. */
function hashOf(password: string): string {
  const salt = Buffer.alloc(16, 1);
  const key = scryptSync(password, salt, 32, { N: 1024, r: 1, p: 1 });
  const [saltText, text] = [salt.toString("base64url"), key.toString("base64url")];
  return formatPasswordHash({ cost: 10, blockSize: 1, parallelism: 1, salt: saltText, hash: text });
}

const HASH = hashOf("correct horse");

function guarded(): Partial<ServiceSettings> {
  return {
    password: new Secret(() => HASH),
    tokens: [
      { name: "script", scopes: ["operate"], token: new Secret(() => TOKEN) },
      { name: "widget", scopes: ["read"], token: new Secret(() => READER) },
    ],
  };
}

function ask(server: TestServer, line: string, headers: readonly string[], body = "") {
  const length = line.startsWith("POST") ? [`Content-Length: ${body.length}`] : [];
  return sendRaw(server.port ?? 0, [request(line, [...headers, ...length], body)]);
}

const FORM = "Content-Type: application/x-www-form-urlencoded";
const LOCAL = "Host: localhost";

/** The value of a header of the answer, in lower case. */
function headerOf(head: string, name: string): string {
  return new RegExp(`\n${name}: (.*)`).exec(head)?.[1] ?? "";
}

async function csrfOf(server: TestServer, headers: readonly string[] = [LOCAL]): Promise<string> {
  return (await ask(server, "GET /", headers)).text;
}

describe("a name that leads here", () => {
  it.each([
    ["localhost", 200],
    ["LOCALHOST:1", 200],
    ["127.0.0.1", 200],
    ["127.0.0.1:51339", 200],
    ["[::1]:51339", 200],
    ["dns.example.org", 200],
    ["dns.example.org.", 200],
    ["evil.example", 421],
    ["localhost.evil.example", 421],
    ["192.0.2.1", 421],
    ["[2001:db8::1]", 421],
    ["2130706433", 421],
    ["localhost:x", 400],
    ["localhost/../", 400],
    ["user@localhost", 400],
    ["", 400],
  ])("%j: %i", async (name, status) => {
    const server = await startForTest({ settings: { hosts: ["dns.example.org"] } });
    const answer = await ask(server, "GET /hello", [`Host: ${name}`]);
    expect(answer.status).toBe(status);
    if (status === 421) expect(answer.text).toContain("service.hosts");
  });

  it("has to be one", async () => {
    const server = await startForTest();
    expect((await ask(server, "GET /hello", [LOCAL, "Host: evil.example"])).status).toBe(400);
    const without = await sendRaw(server.port ?? 0, ["GET /hello HTTP/1.1\r\n\r\n"]);
    expect(without.status).toBe(400);
    expect(without.head).toContain("content-security-policy");
    expect((await sendRaw(server.port ?? 0, ["GET /hello HTTP/1.0\r\n\r\n"])).status).toBe(400);
  });

  it("is checked before anything else is", async () => {
    const server = await startForTest();
    for (const line of ["GET /nothing", "OPTIONS /hello", "PUT /hello", "POST /operate"])
      expect((await ask(server, line, ["Host: evil.example"])).status).toBe(421);
    expect(server.operated()).toBe(0);
  });
});

describe("on loopback without a password", () => {
  it("whoever is there may do everything", async () => {
    const server = await startForTest();
    expect((await ask(server, "GET /who", [LOCAL])).text).toContain('"kind":"local"');
    const csrf = await csrfOf(server);
    expect((await ask(server, "POST /operate", [LOCAL, FORM], `csrf=${csrf}`)).status).toBe(303);
    expect((await ask(server, "POST /operate", [LOCAL, `X-Esddns-Csrf: ${csrf}`])).status).toBe(303);
    expect(server.operated()).toBe(2);
  });

  it("a program sends JSON without more ado", async () => {
    const server = await startForTest();
    expect((await ask(server, "POST /operate", [LOCAL, "Content-Type: application/json"])).status).toBe(303);
  });

  it.each([
    ["no token", [FORM], ""],
    ["an empty token", [FORM], "csrf="],
    ["a made up token", [FORM], `csrf=${"A".repeat(43)}`],
    ["a token in the address", [FORM], "", "?csrf=CSRF"],
    ["the token and another site's Origin", [FORM, "Origin: https://evil.example"], "csrf=CSRF"],
    ["the token and no site's Origin", [FORM, "Origin: null"], "csrf=CSRF"],
    ["the token and the Origin of another port", [FORM, "Origin: http://localhost:8080"], "csrf=CSRF"],
    ["the token and the Origin of TLS", [FORM, "Origin: https://localhost"], "csrf=CSRF"],
    ["the token, fetched by another site", [FORM, "Sec-Fetch-Site: cross-site"], "csrf=CSRF"],
    ["the token, fetched by a neighbour", [FORM, "Sec-Fetch-Site: same-site"], "csrf=CSRF"],
    ["JSON of a page", ["Content-Type: application/json", "Origin: http://localhost"], ""],
    ["JSON of a browser", ["Content-Type: application/json", "Sec-Fetch-Site: same-origin"], ""],
    ["JSON with a cookie", ["Content-Type: application/json", "Cookie: a=b"], ""],
    ["text that is JSON", ["Content-Type: text/plain"], "{}"],
    ["a form with files", ["Content-Type: multipart/form-data; boundary=x"], ""],
  ])("a POST with %s does nothing", async (_what, headers, body, query = "") => {
    const server = await startForTest();
    const csrf = await csrfOf(server);
    const line = `POST /operate${query.replace("CSRF", csrf)}`;
    expect((await ask(server, line, [LOCAL, ...headers], body.replace("CSRF", csrf))).status).toBe(403);
    expect(server.operated()).toBe(0);
  });

  it.each([
    ["an image of another site", "cross-site", "no-cors", "image"],
    ["a script of a neighbour", "same-site", "no-cors", "script"],
    ["a stream of another site", "cross-site", "cors", "empty"],
    ["a frame of another site", "cross-site", "navigate", "iframe"],
    [
      "a page that is prepared by another site",
      "cross-site",
      "navigate",
      "document",
      "Sec-Purpose: prefetch",
    ],
  ])("a GET for %s is not even begun", async (_what, site, mode, destination, ...more) => {
    const server = await startForTest();
    const fetched = [`Sec-Fetch-Site: ${site}`, `Sec-Fetch-Mode: ${mode}`, `Sec-Fetch-Dest: ${destination}`];
    for (const path of ["/who", "/hello", "/stream"])
      expect((await ask(server, `GET ${path}`, [LOCAL, ...fetched, ...more])).status).toBe(403);
  });

  it("a link of another site may be followed", async () => {
    const server = await startForTest();
    const fetched = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
    expect((await ask(server, "GET /who", [LOCAL, ...fetched])).status).toBe(200);
  });

  it.each([[["Origin: http://localhost", "Sec-Fetch-Site: same-origin"]], [["Sec-Fetch-Site: none"]]])(
    "our own page may: %j",
    async (headers) => {
      const server = await startForTest();
      const body = `csrf=${await csrfOf(server)}`;
      expect((await ask(server, "POST /operate", [LOCAL, FORM, ...headers], body)).status).toBe(303);
    },
  );

  it.each([
    "X-Forwarded-For: 203.0.113.5",
    "Forwarded: for=203.0.113.5",
    "Via: 1.1 proxy",
    "X-Real-IP: 1.2.3.4",
  ])("what a proxy passes on is not from here: %s", async (header) => {
    const server = await startForTest();
    const answer = await ask(server, "GET /who", [LOCAL, header, "Accept: text/html"]);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("service.password");
  });

  it("the token of one process is none in another", async () => {
    const [one, other] = [await startForTest(), await startForTest()];
    const body = `csrf=${await csrfOf(one)}`;
    expect((await ask(other, "POST /operate", [LOCAL, FORM], body)).status).toBe(403);
  });
});

describe("with a password", () => {
  it("a visitor is led to the sign-in, and back", async () => {
    const server = await startForTest({ settings: guarded() });
    const led = await ask(server, "GET /who?a=1", [LOCAL, "Accept: text/html"]);
    expect(led.status).toBe(303);
    expect(headerOf(led.head, "location")).toBe("/sign-in?next=%2fwho%3fa%3d1");
  });

  it("a program is told that it needs a token", async () => {
    const server = await startForTest({ settings: guarded() });
    const answer = await ask(server, "GET /who", [LOCAL]);
    expect(answer.status).toBe(401);
    expect(headerOf(answer.head, "www-authenticate")).toBe('bearer realm="esddns"');
    expect((await ask(server, "POST /operate", [LOCAL, "Content-Type: application/json"])).status).toBe(401);
    expect((await ask(server, "GET /hello", [LOCAL])).status).toBe(200);
    expect(server.operated()).toBe(0);
  });

  it("the JSON of a program without a token is no form of ours", async () => {
    const server = await startForTest({ settings: guarded() });
    const answer = await ask(server, "POST /echo", [LOCAL, "Content-Type: application/json"], "{}");
    expect(answer.status).toBe(403);
  });

  it.each([
    ["operate", TOKEN, 200, 303],
    ["read", READER, 200, 403],
    ["of nobody", "no-such-token-of-20-characters", 401, 401],
    ["cut short", TOKEN.slice(0, -1), 401, 401],
    ["and more", `${TOKEN}x`, 401, 401],
  ])("a token %s", async (_what, token, reads, operates) => {
    const server = await startForTest({ settings: guarded() });
    const headers = [LOCAL, `Authorization: Bearer ${token}`];
    expect((await ask(server, "GET /who", headers)).status).toBe(reads);
    const { status, head } = await ask(server, "POST /operate", headers);
    expect(status).toBe(operates);
    // RFC 6750 section 3.1
    expect(head.includes('bearer realm="esddns", error="insufficient_scope"')).toBe(operates === 403);
    expect(server.operated()).toBe(operates === 303 ? 1 : 0);
  });

  it("a rotated token is taken at once, the old one no more", async () => {
    let current = TOKEN;
    const token = new Secret(() => current);
    const server = await startForTest({ settings: { tokens: [{ name: "a", scopes: ["read"], token }] } });
    current = "the-new-token-of-many-characters";
    expect((await ask(server, "GET /who", [LOCAL, `Authorization: Bearer ${current}`])).status).toBe(200);
    expect((await ask(server, "GET /who", [LOCAL, `Authorization: Bearer ${TOKEN}`])).status).toBe(401);
  });

  it("secrets are not read for every stranger", async () => {
    let reads = 0;
    const token = new Secret(() => {
      reads += 1;
      return TOKEN;
    });
    const clock = new ManualClock();
    const server = await startForTest({
      clock,
      settings: { tokens: [{ name: "a", scopes: ["read"], token }] },
    });
    const guess = () => ask(server, "GET /who", [LOCAL, "Authorization: Bearer wrong"]);
    for (let count = 0; count < 5; count += 1) await guess();
    expect(reads).toBe(2);
    await clock.advance(6000);
    await guess();
    expect(reads).toBe(3);
  });
});

/** Gives a password, as the form does. */
async function signIn(
  server: TestServer,
  password: string,
  { headers = [], next = "/" }: { readonly headers?: readonly string[]; readonly next?: string } = {},
) {
  const page = await ask(server, "GET /sign-in", [LOCAL, ...headers]);
  const [, csrf = ""] = /<form>([\w-]+)\|/.exec(page.text) ?? [];
  const form = new URLSearchParams({ csrf, password, next }).toString();
  return ask(server, "POST /sign-in", [LOCAL, FORM, ...headers], form);
}

/** `name=value` of the cookie that was set; its letters as they are. */
async function cookieOf(server: TestServer): Promise<string> {
  const page = await fetch(`${server.origin}/sign-in`).then((response) => response.text());
  const [, csrf = ""] = /<form>([\w-]+)\|/.exec(page) ?? [];
  const body = new URLSearchParams({ csrf, password: "correct horse" });
  const response = await fetch(`${server.origin}/sign-in`, { method: "POST", body, redirect: "manual" });
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

describe("a sign-in", () => {
  it("with the password gives a session that may do everything", async () => {
    const server = await startForTest({ settings: guarded() });
    const cookie = `Cookie: ${await cookieOf(server)}`;
    expect((await ask(server, "GET /who", [LOCAL, cookie])).text).toContain('"kind":"session"');
    const csrf = await csrfOf(server, [LOCAL, cookie]);
    expect((await ask(server, "POST /operate", [LOCAL, cookie, FORM], `csrf=${csrf}`)).status).toBe(303);
    expect(server.operated()).toBe(1);
  });

  it("holds, whatever another service on this host has put beside it", async () => {
    const server = await startForTest({ settings: guarded() });
    const mine = await cookieOf(server);
    const cookie = `Cookie: esddns=tossed; esddns; ${mine}; esddns=`;
    expect((await ask(server, "GET /who", [LOCAL, cookie])).text).toContain('"kind":"session"');
    const csrf = await csrfOf(server, [LOCAL, cookie]);
    expect((await ask(server, "POST /sign-out", [LOCAL, cookie, FORM], `csrf=${csrf}`)).status).toBe(303);
    expect((await ask(server, "GET /who", [LOCAL, `Cookie: ${mine}`])).status).toBe(401);
  });

  it("sets a cookie that scripts and other sites do not get", async () => {
    const server = await startForTest({ settings: guarded() });
    const { head, status } = await signIn(server, "correct horse");
    expect(status).toBe(303);
    expect(headerOf(head, "set-cookie")).toMatch(
      /^esddns=[\w-]{43}; path=\/; max-age=604800; httponly; samesite=strict$/,
    );
  });

  it("over TLS sets one that travels over TLS alone", async () => {
    const proxies = [prefix("127.0.0.0/8")];
    const server = await startForTest({ settings: { ...guarded(), proxies } });
    const headers = ["X-Forwarded-Proto: https", "Origin: https://localhost"];
    const { head } = await signIn(server, "correct horse", { headers });
    expect(headerOf(head, "set-cookie")).toMatch(/^__host-esddns=[\w-]{43}; path=\/; .*; secure$/);
    // As some proxies say it, with the port that browsers leave out
    const withPort = [...headers, "X-Forwarded-Host: localhost:443"];
    expect((await signIn(server, "correct horse", { headers: withPort })).status).toBe(303);
  });

  it("with another password gives nothing", async () => {
    const server = await startForTest({ settings: guarded() });
    for (const password of ["", "wrong", "correct horse ", "x".repeat(2000), HASH]) {
      const clockless = await startForTest({ settings: guarded() });
      const answer = await signIn(clockless, password);
      expect(answer.status).toBe(403);
      expect(answer.head).not.toContain("set-cookie");
      expect(answer.text).toContain("That is not the password");
    }
    expect(server.log.messages("error")).toEqual([]);
  });

  it("without the form's token gives nothing", async () => {
    const server = await startForTest({ settings: guarded() });
    const answer = await ask(server, "POST /sign-in", [LOCAL, FORM], "password=correct+horse");
    expect(answer.status).toBe(403);
    expect(answer.head).not.toContain("set-cookie");
  });

  it("takes no session that somebody else chose", async () => {
    const server = await startForTest({ settings: guarded() });
    const chosen = "A".repeat(43);
    const { head } = await signIn(server, "correct horse", { headers: [`Cookie: esddns=${chosen}`] });
    expect(headerOf(head, "set-cookie")).not.toContain(chosen.toLowerCase());
    expect((await ask(server, "GET /who", [LOCAL, `Cookie: esddns=${chosen}`])).status).toBe(401);
  });

  it("ends the session that the browser had", async () => {
    const server = await startForTest({ settings: guarded() });
    const old = `Cookie: ${await cookieOf(server)}`;
    const csrf = await csrfOf(server, [LOCAL, old]);
    const form = new URLSearchParams({ csrf, password: "correct horse" }).toString();
    expect((await ask(server, "POST /sign-in", [LOCAL, FORM, old], form)).status).toBe(303);
    expect((await ask(server, "GET /who", [LOCAL, old])).status).toBe(401);
  });

  it.each([
    ["/history?a=b&c=%C3%A4#x", "/history?a=b&c=%c3%a4#x"],
    ["//evil.example/", "/"],
    ["/\\evil.example/", "/"],
    ["https://evil.example/", "/"],
    ["javascript:alert(1)", "/"],
    ["/\t/evil.example", "/"],
    ["/a\r\nSet-Cookie: x=y", "/"],
    ["evil.example", "/"],
    ["/.//evil.example", "/"],
    ["/a/..//evil.example", "/"],
    ["/%2e%2e//evil.example", "/"],
    ["//local.invalid//evil.example", "/"],
    ["/a//b", "/a//b"],
    ["", "/"],
    ["/ä", "/%c3%a4"],
  ])("leads on to a place of ours alone: %j", async (next, location) => {
    const server = await startForTest({ settings: guarded() });
    const answer = await signIn(server, "correct horse", { next });
    expect(headerOf(answer.head, "location")).toBe(location);
    expect(answer.head.match(/set-cookie/g)).toHaveLength(1);
  });

  it("is not there without a password", async () => {
    const server = await startForTest({ settings: { tokens: guarded().tokens ?? [] } });
    expect((await ask(server, "GET /sign-in", [LOCAL])).status).toBe(404);
    expect((await ask(server, "GET /who", [LOCAL, "Accept: text/html"])).status).toBe(401);
  });

  it("with a password that was changed in its file ends the sessions of the old one", async () => {
    let current = HASH;
    const password = new Secret(() => current);
    const server = await startForTest({ settings: { password } });
    const cookie = `Cookie: ${await cookieOf(server)}`;
    current = hashOf("battery staple");
    expect((await signIn(server, "battery staple")).status).toBe(303);
    expect((await ask(server, "GET /who", [LOCAL, cookie])).status).toBe(401);
  });
});

describe("a session", () => {
  it("has a token of its own for forms", async () => {
    const server = await startForTest({ settings: guarded() });
    const [mine, other] = [`Cookie: ${await cookieOf(server)}`, `Cookie: ${await cookieOf(server)}`];
    const body = `csrf=${await csrfOf(server, [LOCAL, other])}`;
    expect((await ask(server, "POST /operate", [LOCAL, mine, FORM], body)).status).toBe(403);
    const json = [LOCAL, mine, "Content-Type: application/json"];
    expect((await ask(server, "POST /operate", json)).status).toBe(403);
    expect(server.operated()).toBe(0);
  });

  it("ends with the sign-out, which is no link", async () => {
    const server = await startForTest({ settings: guarded() });
    const cookie = `Cookie: ${await cookieOf(server)}`;
    expect((await ask(server, "GET /sign-out", [LOCAL, cookie])).status).toBe(405);
    expect((await ask(server, "POST /sign-out", [LOCAL, cookie, FORM])).status).toBe(403);
    const body = `csrf=${await csrfOf(server, [LOCAL, cookie])}`;
    const answer = await ask(server, "POST /sign-out", [LOCAL, cookie, FORM], body);
    expect(headerOf(answer.head, "set-cookie")).toContain("esddns=; path=/; max-age=0");
    expect((await ask(server, "GET /who", [LOCAL, cookie])).status).toBe(401);
  });

  it("ends by itself after 12 hours without use, and after a week at the latest", async () => {
    const clock = new ManualClock();
    const server = await startForTest({ clock, settings: guarded() });
    const cookie = `Cookie: ${await cookieOf(server)}`;
    const status = async () => (await ask(server, "GET /who", [LOCAL, cookie])).status;
    for (let hours = 0; hours < 7 * 24; hours += 12) {
      expect(await status()).toBe(200);
      await clock.advance(12 * 3_600_000);
    }
    expect(await status()).toBe(200);
    await clock.advance(1000);
    expect(await status()).toBe(401);
    const next = `Cookie: ${await cookieOf(server)}`;
    await clock.advance(12 * 3_600_000 + 1);
    expect((await ask(server, "GET /who", [LOCAL, next])).status).toBe(401);
  });

  it("of plain HTTP is none over TLS", async () => {
    const settings = { ...guarded(), proxies: [prefix("127.0.0.0/8")] };
    const server = await startForTest({ settings });
    const cookie = `Cookie: ${await cookieOf(server)}`;
    expect((await ask(server, "GET /who", [LOCAL, cookie])).status).toBe(200);
    expect((await ask(server, "GET /who", [LOCAL, cookie, "X-Forwarded-Proto: https"])).status).toBe(401);
  });
});

describe("guessing", () => {
  it("takes longer and longer, and the right password does not shorten it", async () => {
    const clock = new ManualClock();
    const server = await startForTest({ clock, settings: guarded() });
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await signIn(server, "wrong")).status);
    expect(statuses).toEqual([403, 403, 403, 403, 429]);
    const right = await signIn(server, "correct horse");
    expect(right.status).toBe(429);
    expect(headerOf(right.head, "retry-after")).toBe("1");
    expect(right.head).not.toContain("set-cookie");
    await clock.advance(1000);
    expect((await signIn(server, "wrong")).status).toBe(403);
    expect(headerOf((await signIn(server, "correct horse")).head, "retry-after")).toBe("2");
    await clock.advance(2000);
    expect((await signIn(server, "correct horse")).status).toBe(303);
  });

  it("many at once gains nothing", async () => {
    const server = await startForTest({ clock: new ManualClock(), settings: guarded() });
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(server, "wrong")));
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(4);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(16);
  });

  it("from another address is counted apart, by the proxy's word", async () => {
    const settings = { ...guarded(), proxies: [prefix("127.0.0.0/8")] };
    const server = await startForTest({ clock: new ManualClock(), settings });
    const from = (address: string) => ({ headers: [`X-Forwarded-For: ${address}`] });
    for (let count = 0; count < 5; count += 1) await signIn(server, "wrong", from("2001:db8::1"));
    expect((await signIn(server, "correct horse", from("2001:db8::2"))).status).toBe(429);
    expect((await signIn(server, "correct horse", from("2001:db8:0:1::1"))).status).toBe(303);
  });

  it("by many addresses is slowed down, and not for whom was right before", async () => {
    const clock = new ManualClock();
    const settings = { ...guarded(), proxies: [prefix("127.0.0.0/8")] };
    const server = await startForTest({ clock, settings });
    const from = (address: string) => ({ headers: [`X-Forwarded-For: ${address}`] });
    expect((await signIn(server, "correct horse", from("192.0.2.1"))).status).toBe(303);
    const statuses: number[] = [];
    for (let count = 1; count < 30; count += 1)
      statuses.push((await signIn(server, "wrong", from(`198.51.100.${count}`))).status);
    expect(statuses.slice(0, 19)).not.toContain(429);
    expect(statuses.at(-1)).toBe(429);
    expect((await signIn(server, "correct horse", from("192.0.2.2"))).status).toBe(429);
    expect((await signIn(server, "correct horse", from("192.0.2.1"))).status).toBe(303);
  });
});

describe("behind a proxy", () => {
  const who = async (server: TestServer, headers: readonly string[]) =>
    JSON.parse(
      (await ask(server, "GET /who", [...headers, `Authorization: Bearer ${TOKEN}`])).text,
    ) as unknown;

  it("a stranger's word about whom he speaks for does not count", async () => {
    const server = await startForTest({ settings: { ...guarded(), proxies: [prefix("10.0.0.0/8")] } });
    const headers = [
      "X-Forwarded-For: 192.0.2.1",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: evil.example",
    ];
    expect(await who(server, [LOCAL, ...headers])).toEqual({
      kind: "token",
      client: "127.0.0.1",
      origin: "http://localhost",
      isSecure: false,
    });
  });

  it("the named proxy's word does", async () => {
    const hosts = ["dns.example.org"];
    const server = await startForTest({
      settings: { ...guarded(), hosts, proxies: [prefix("127.0.0.1/32")] },
    });
    const headers = [
      "X-Forwarded-For: 192.0.2.1",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: dns.example.org",
    ];
    expect(await who(server, [LOCAL, ...headers])).toEqual({
      kind: "token",
      client: "192.0.2.1",
      origin: "https://dns.example.org",
      isSecure: true,
    });
  });

  it.each([
    ["the last stranger is the caller", "203.0.113.9, 192.0.2.1", "192.0.2.1"],
    ["and not the proxy before", "203.0.113.9, 192.0.2.1, 10.0.0.7", "192.0.2.1"],
    ["with a port", "192.0.2.1:4711", "192.0.2.1"],
    ["IPv6 by its network", "[2001:db8::1]:4711", "2001:db8::/64"],
    ["nonsense ends it", "192.0.2.1, unknown, 10.0.0.7", "10.0.0.7"],
    ["nothing at all", "", "127.0.0.1"],
  ])("%s", async (_what, forwarded, client) => {
    const proxies = [prefix("127.0.0.1/32"), prefix("10.0.0.0/8")];
    const server = await startForTest({ settings: { ...guarded(), proxies } });
    expect(await who(server, [LOCAL, `X-Forwarded-For: ${forwarded}`])).toMatchObject({ client });
  });

  it("its Host is checked all the same", async () => {
    const server = await startForTest({ settings: { ...guarded(), proxies: [prefix("127.0.0.1/32")] } });
    expect((await ask(server, "GET /hello", [LOCAL, "X-Forwarded-Host: evil.example"])).status).toBe(421);
  });
});

describe("beyond this host", () => {
  const listen = { kind: "tcp", host: "0.0.0.0", port: 0 } as const;

  it("nothing is served without a password or a token", async () => {
    await expect(startForTest({ settings: { listen } })).rejects.toMatchObject({
      code: "no-password",
      message: expect.stringContaining('Cannot listen at "0.0.0.0:0"'),
      hint: expect.stringContaining("esddns password"),
    });
  });

  it("it is when somebody insists", async () => {
    const server = await startForTest({ settings: { listen }, isInsecure: true });
    expect((await ask(server, "GET /who", [LOCAL, "X-Forwarded-For: 1.2.3.4"])).text).toContain("local");
  });

  it("it is with a password, which is asked for on this host, too", async () => {
    const server = await startForTest({ settings: { ...guarded(), listen } });
    expect((await ask(server, "GET /who", [LOCAL])).status).toBe(401);
  });
});

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed) throw new TypeError(text);
  return parsed;
}
