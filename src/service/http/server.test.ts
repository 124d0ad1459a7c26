import { describe, expect, it } from "vitest";
import { request, sendRaw } from "#service/http/testdata/raw.ts";
import { startForTest, type TestServer } from "#service/http/testdata/start.ts";

/** Status and body of one request over a socket of its own. */
async function ask(
  server: TestServer,
  line: string,
  headers: readonly string[] = ["Host: localhost"],
  body = "",
) {
  return sendRaw(server.port ?? 0, [request(line, headers, body)]);
}

describe("an address", () => {
  it.each([
    ["a word wins over braces", "GET /things/new", 200, "the new one"],
    ["a segment in braces matches any one", "GET /things/a%20b", 200, "a b"],
    ["it does not match none", "GET /things/", 404, ""],
    ["nor two", "GET /things/a/b", 404, ""],
    ["the query is no part of it", "GET /hello?x=%zz&y", 200, "hello"],
    ["nothing is there", "GET /nothing", 404, ""],
    ["case counts", "GET /HELLO", 404, ""],
    ["a slash more is another address", "GET /hello/", 404, ""],
    ["an escape that is none", "GET /things/%zz", 400, ""],
    ["bytes that are no text", "GET /things/%ff%fe", 400, ""],
    ["a slash in disguise", "GET /things/a%2fb", 400, ""],
    ["a backslash in disguise", "GET /things/a%5cb", 400, ""],
    ["a step up", "GET /things/../hello", 400, ""],
    ["a step up in disguise", "GET /things/%2e%2e", 400, ""],
    ["a NUL", "GET /things/a%00", 400, ""],
    ["a line break", "GET /things/a%0d%0aSet-Cookie:x", 400, ""],
    ["the form for proxies", "GET http://localhost/hello?x", 200, "hello"],
    ["the form for proxies, without a path", "OPTIONS HTTP://LOCALHOST", 204, ""],
    ["the form for proxies, with a step up", "GET http://localhost/things/../hello", 400, ""],
    ["the form for proxies, with an account", "GET http://a:b@localhost/hello", 400, ""],
    ["an address of elsewhere", "GET http://elsewhere.example/hello", 421, ""],
    ["another kind of address", "GET ftp://localhost/hello", 400, ""],
    ["two slashes", "GET //hello", 404, ""],
    ["an asterisk", "OPTIONS *", 400, ""],
  ])("%s: %s", async (_what, line, status, text) => {
    const server = await startForTest();
    const answer = await ask(server, line);
    expect(answer.status).toBe(status);
    if (status === 200) expect(answer.text).toBe(text);
  });
});

describe("a method", () => {
  it("HEAD has the head of GET and no body", async () => {
    const server = await startForTest();
    const answer = await ask(server, "HEAD /hello");
    expect(answer).toMatchObject({ status: 200, text: "" });
    expect(answer.head).toContain("content-length: 5");
  });

  it("HEAD begins no stream", async () => {
    const server = await startForTest();
    expect(await ask(server, "HEAD /stream")).toMatchObject({ status: 200, text: "", isEnded: true });
  });

  it.each(["DELETE", "PUT", "PATCH", "TRACE", "POST"])("%s is told what else there is", async (method) => {
    const server = await startForTest();
    const answer = await ask(server, `${method} /hello`);
    expect(answer.status).toBe(405);
    expect(answer.head).toContain("allow: get, head, options");
  });

  it("OPTIONS says what there is, and lets nobody in", async () => {
    const server = await startForTest();
    const answer = await ask(server, "OPTIONS /operate", [
      "Host: localhost",
      "Origin: https://evil.example",
      "Access-Control-Request-Method: POST",
      "Access-Control-Request-Headers: content-type",
    ]);
    expect(answer.status).toBe(204);
    expect(answer.head).toContain("allow: options, post");
    expect(answer.head).not.toContain("access-control");
  });

  it.each(["CONNECT elsewhere.example:443", "FOO /hello", "GET"])(
    "%s is no request of ours",
    async (line) => {
      const server = await startForTest();
      const answer = await ask(server, line);
      expect([0, 400]).toContain(answer.status);
      expect(answer.isEnded).toBe(true);
    },
  );
});

describe("every answer", () => {
  it.each([
    "GET /hello",
    "GET /asset",
    "GET /nothing",
    "GET /things/%zz",
    "GET /fails",
    "GET /jump?to=/hello",
    "PUT /hello",
    "OPTIONS /hello",
    "HEAD /stream",
    "FOO /hello",
  ])("to %s carries the security headers, and says nothing of the server", async (line) => {
    const server = await startForTest();
    const { head } = await ask(server, line);
    expect(head).toContain(
      "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self';",
    );
    expect(head).not.toContain("unsafe-");
    expect(head).toContain("frame-ancestors 'none'");
    expect(head).toContain("referrer-policy: same-origin");
    expect(head).toContain("permissions-policy: camera=()");
    expect(head).toContain("cross-origin-opener-policy: same-origin");
    expect(head).toContain("cross-origin-resource-policy: same-origin");
    expect(head).toContain("x-content-type-options: nosniff");
    expect(head).toContain(line.endsWith("/asset") ? "immutable" : "cache-control: no-store");
    expect(head).not.toMatch(/\n(server|x-powered-by|strict-transport-security|access-control-[\w-]+):/);
  });
});

describe("a problem", () => {
  it("is a document of RFC 9457 for programs", async () => {
    const server = await startForTest();
    const response = await fetch(`${server.origin}/nothing`);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toEqual({
      type: "/api#not-found",
      status: 404,
      title: "There is nothing here",
    });
  });

  it("is a page for people, in the style that was given", async () => {
    const server = await startForTest({ errorPage: ({ title }) => `<h1>${title}</h1>` });
    const response = await fetch(`${server.origin}/nothing`, { headers: { accept: "text/html,*/*" } });
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await response.text()).toBe("<h1>There is nothing here</h1>");
  });

  it("is no page below /api/", async () => {
    const server = await startForTest();
    const response = await fetch(`${server.origin}/api/v1/x`, { headers: { accept: "text/html" } });
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  it("that nobody foresaw keeps its words to the log", async () => {
    const server = await startForTest();
    for (const accept of ["text/html", "*/*"]) {
      const response = await fetch(`${server.origin}/fails`, { headers: { accept } });
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain("hunter2");
    }
    expect(server.log.messages("error")).toEqual(["A request failed", "A request failed"]);
    expect(String(server.log.entries[0]?.fields["error"])).toContain("hunter2");
  });
});

describe("a redirect", () => {
  it.each([
    ["/hello?a=b", "/hello?a=b"],
    ["//evil.example/", "/"],
    ["/.//evil.example/", "/"],
    ["/%2e%2e//evil.example/", "/"],
    ["https://evil.example/", "/"],
    ["/a\r\nSet-Cookie: a=b", "/"],
  ])("leads to a place of ours alone: %j", async (to, location) => {
    const server = await startForTest();
    const url = `${server.origin}/jump?to=${encodeURIComponent(to)}`;
    const response = await fetch(url, { redirect: "manual" });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe(location);
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

describe("a body", () => {
  const JSON_HEADERS = ["Host: localhost", "Content-Type: application/json"];

  it("of JSON is read", async () => {
    const server = await startForTest();
    const body = '{"a":"ä"}';
    const length = `Content-Length: ${Buffer.byteLength(body)}`;
    const answer = await sendRaw(server.port ?? 0, [
      Buffer.from(request("POST /echo", [...JSON_HEADERS, length], body)),
    ]);
    expect(Buffer.from(answer.text, "latin1").toString()).toBe(body);
  });

  it.each([
    ["that is no JSON", JSON_HEADERS, "{", 400],
    ["that is no text", JSON_HEADERS, "\u00ff", 400],
    ["of another type", ["Host: localhost", "Content-Type: text/plain", "x-esddns-csrf: TOKEN"], "{}", 415],
    ["that is compressed", [...JSON_HEADERS, "Content-Encoding: gzip"], "{}", 415],
  ])("%s is refused", async (_what, headers, body, status) => {
    const server = await startForTest();
    const csrf = await fetch(`${server.origin}/`).then((response) => response.text());
    const lines = [...headers.map((line) => line.replace("TOKEN", csrf)), `Content-Length: ${body.length}`];
    const answer = await sendRaw(server.port ?? 0, [
      Buffer.from(request("POST /echo", lines, body), "latin1"),
    ]);
    expect(answer.status).toBe(status);
  });

  it("may have 64 KiB and no more, whether or not it says so", async () => {
    const server = await startForTest();
    const post = (body: string) =>
      fetch(`${server.origin}/echo`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-esddns-csrf": csrf },
        body,
      });
    const csrf = await fetch(`${server.origin}/`).then((response) => response.text());
    const full = JSON.stringify("x".repeat(64 * 1024 - 2));
    expect((await post(full)).status).toBe(200);
    expect((await post(`${full} `)).status).toBe(413);
    const chunked = [...JSON_HEADERS, "Transfer-Encoding: chunked"];
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    const answer = await sendRaw(server.port ?? 0, [
      request("POST /echo", chunked, chunk(full) + chunk(" ") + chunk("")),
    ]);
    expect(answer.status).toBe(413);
  });

  it("that says that it is too large is not waited for", async () => {
    const server = await startForTest();
    const answer = await sendRaw(server.port ?? 0, [
      request("POST /echo", [...JSON_HEADERS, "Content-Length: 1000000"]),
    ]);
    expect(answer).toMatchObject({ status: 413, isEnded: true });
  });

  it("that nobody wants is not read to its end", async () => {
    const server = await startForTest({ limits: { closeTime: 100 } });
    const head = "GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n";
    const pieces = [head, ...Array.from({ length: 100 }, () => "x".repeat(1000))];
    const answer = await sendRaw(server.port ?? 0, pieces, { pause: 20, patience: 5000 });
    expect(answer).toMatchObject({ status: 200, isEnded: true });
  });
});

describe("a request", () => {
  it("with an address of more than 8 KiB is refused", async () => {
    const server = await startForTest();
    expect((await ask(server, `GET /hello?${"x".repeat(8100)}`)).status).toBe(200);
    expect((await ask(server, `GET /hello?${"x".repeat(8192)}`)).status).toBe(414);
  });

  it("with more than 16 KiB of headers is refused", async () => {
    const server = await startForTest();
    const many = Array.from({ length: 200 }, (_, index) => `X-${index}: ${"x".repeat(100)}`);
    const { status, head } = await ask(server, "GET /hello", ["Host: localhost", ...many]);
    expect(status).toBe(431);
    expect(head).toMatch(/^date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d gmt$/m);
  });

  it("whose headers drip in ends", async () => {
    const server = await startForTest({ limits: { headersTime: 300 } });
    const drips =
      "GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Slow: yes, very slow indeed, as slow as can be".split("");
    const answer = await sendRaw(server.port ?? 0, drips, { pause: 20, patience: 5000 });
    expect(answer).toMatchObject({ status: 408, isEnded: true });
  });

  it("that never begins ends", async () => {
    const server = await startForTest({ limits: { headersTime: 300 } });
    expect((await sendRaw(server.port ?? 0, [""], { patience: 5000 })).isEnded).toBe(true);
  });

  it("whose body drips in ends", async () => {
    const server = await startForTest({ limits: { headersTime: 300, requestTime: 400 } });
    const headers = ["Host: localhost", "Content-Type: application/json", "Content-Length: 1000"];
    const pieces = [request("POST /echo", headers), ...Array.from({ length: 100 }, () => " ")];
    const answer = await sendRaw(server.port ?? 0, pieces, { pause: 20, patience: 5000 });
    expect(answer).toMatchObject({ status: 408, isEnded: true });
    expect(server.log.messages("error")).toEqual([]);
  });

  it("with two meanings of its length is none", async () => {
    const server = await startForTest();
    const headers = ["Host: localhost", "Content-Length: 4", "Transfer-Encoding: chunked"];
    expect((await ask(server, "POST /echo", headers, "0\r\n\r\n")).status).toBe(400);
  });

  it("is answered before the next one of its connection is worked on", async () => {
    const counted: number[] = [];
    const server = await startForTest({ onAnswered: ({ status }) => counted.push(status) });
    const line = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const answer = await sendRaw(server.port ?? 0, [line.repeat(300)]);
    expect(answer).toMatchObject({ status: 200, isEnded: true });
    expect(answer.text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 503"]);
    expect(answer.text).toContain("one-at-a-time");
    expect(counted).toEqual([200]);
  });

  it("may follow another one that was answered", async () => {
    const server = await startForTest();
    const line = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const { text } = await sendRaw(server.port ?? 0, [line, line, line], { pause: 100, patience: 600 });
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  });

  it("does not hold the connection for ever", async () => {
    const server = await startForTest({ limits: { idleTime: 200 } });
    const line = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const answer = await sendRaw(server.port ?? 0, [line], { patience: 5000 });
    expect(answer).toMatchObject({ status: 200, isEnded: true });
  });
});
