import { describe, expect, it } from "vitest";
import { z } from "zod";
import { stunConfig } from "#sources/stun/config.ts";
import { DEFAULT_SERVERS } from "#sources/stun/default-servers.ts";
import { parseHost, serverId } from "#sources/stun/server.ts";

function problems(config: unknown): readonly string[] {
  const issues = stunConfig.safeParse(config).error?.issues ?? [];
  return issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("the configuration of the STUN source", () => {
  it("has the defaults of RFC 8489", () => {
    expect(stunConfig.parse({})).toEqual({
      rto: 500,
      maxRequests: 7,
      lastWait: 16,
      streamTimeout: 39_500,
      mappedAddress: true,
      announce: false,
    });
  });

  it("knows the default ports, and names the operator by the domain", () => {
    const { servers } = stunConfig.parse({
      servers: [
        { host: "STUN.Example.NET." },
        { host: "stun.example.co.uk", transport: "tcp", operator: " Mine " },
        { host: "stun.example.net", transport: "tls" },
        { host: "[2001:DB8:0::1]", port: 3479 },
      ],
    });
    expect(servers?.map((server) => `${serverId(server)} by ${server.operator}`)).toEqual([
      "stun:stun.example.net:3478:udp by example.net",
      "stun:stun.example.co.uk:3478:tcp by mine",
      "stun:stun.example.net:5349:tls by example.net",
      "stun:[2001:db8::1]:3479:udp by 2001:db8::1",
    ]);
  });

  it("refuses an address where a certificate has to be verified", () => {
    const servers = [
      { host: "192.0.2.1", transport: "tls" },
      { host: "[2001:db8::1]", transport: "tls" },
      { host: "192.0.2.1", transport: "tcp" },
    ];
    const words = "expected a host name: a certificate cannot be verified for an address";
    expect(problems({ servers })).toEqual([`servers.0.host: ${words}`, `servers.1.host: ${words}`]);
  });

  it.each([
    [{ servers: [] }, "servers"],
    [{ servers: [{ host: "a.example" }, { host: "A.example." }] }, "servers.1"],
    [{ servers: [{ host: "a.example", port: 0 }] }, "servers.0.port"],
    [{ servers: [{ host: "a.example", port: 65_536 }] }, "servers.0.port"],
    [{ servers: [{ host: "a.example", transport: "dtls" }] }, "servers.0.transport"],
    [{ servers: [{ host: "a.example", operator: " " }] }, "servers.0.operator"],
    [{ servers: [{ host: "a.example", prot: 3478 }] }, "servers.0"],
    [{ lists: {} }, "lists"],
    [{ lists: { udp: "ftp://example.net/list" } }, "lists.udp"],
    [{ lists: { udp: "https://me:secret@example.net/list" } }, "lists.udp"],
    [{ lists: { udp: "https://example.net/list", limit: 0 } }, "lists.limit"],
    [{ rto: "50ms" }, "rto"],
    [{ maxRequests: 0 }, "maxRequests"],
    [{ serves: [] }, ""],
  ])("%j is refused at %j", (config, path) => {
    const found = problems(config);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${path.replaceAll(".", "\\.")}: `));
  });

  it("may have lists in place of servers, over plain http where that is asked for", () => {
    expect(problems({ servers: [], lists: { udp: "https://example.net/list" } })).toEqual([]);
    expect(problems({ lists: { tcp: "http://127.0.0.1:8080/list" } })).toEqual([]);
  });

  it("describes every key in its JSON Schema", () => {
    const schema = z.toJSONSchema(stunConfig, { io: "input" });
    const keys = Object.entries(schema.properties ?? {});
    expect(keys.length).toBeGreaterThan(5);
    for (const [key, value] of keys)
      expect([key, value]).toEqual([key, expect.objectContaining({ description: expect.any(String) })]);
  });
});

describe("the host of a server", () => {
  it.each([
    ["stun.example.net", "stun.example.net"],
    ["Stun.Example.Net.", "stun.example.net"],
    ["localhost", "localhost"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["192.0.2.1", "192.0.2.1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:DB8::0001", "2001:db8::1"],
  ])("%s is %s", (text, host) => {
    expect(parseHost(text)).toBe(host);
  });

  it.each([
    "",
    ".",
    "a..b",
    "-a.example",
    "a-.example",
    "a b",
    "a/b",
    "a@b",
    "bücher.example",
    "*.example.net",
    "192.0.2.256",
    "1.2.3",
    "[192.0.2.1]",
    "fe80::1%eth0",
    "a:1",
    `${"a".repeat(64)}.example`,
    "a.".repeat(127) + "ab",
  ])("%j is none", (text) => {
    expect(parseHost(text)).toBeUndefined();
  });
});

describe("the servers that are asked by default", () => {
  it("are each listed once, over UDP or TCP, by at least six operators", () => {
    const ids = DEFAULT_SERVERS.map((server) => serverId(server));
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(DEFAULT_SERVERS.map(({ operator }) => operator)).size).toBeGreaterThanOrEqual(6);
    expect(DEFAULT_SERVERS.every(({ host }) => parseHost(host) === host)).toBe(true);
  });
});
