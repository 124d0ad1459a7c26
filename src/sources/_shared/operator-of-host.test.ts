import { describe, expect, it } from "vitest";
import { operatorOfHost } from "#sources/_shared/operator-of-host.ts";

describe("the operator of a host", () => {
  it.each([
    ["stun.example.net", "example.net"],
    ["a.b.c.example.net", "example.net"],
    ["example.net", "example.net"],
    ["STUN.Example.NET.", "example.net"],
    ["stun.example.co.uk", "example.co.uk"],
    ["stun.example.com.au", "example.com.au"],
    ["example.or.jp", "example.or.jp"],
    ["localhost", "localhost"],
    ["192.0.2.1", "192.0.2.1"],
    ["[2001:DB8:0::1]", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
  ])("%s is run by %s", (host, expected) => {
    expect(operatorOfHost(host)).toBe(expected);
  });

  it("gives every name below somebody's own domain the same vote, whatever it looks like", () => {
    expect(operatorOfHost("a.co.example")).toBe(operatorOfHost("b.co.example"));
    expect(operatorOfHost("stun.co.de")).toBe(operatorOfHost("turn.co.de"));
  });

  it("knows companies by all of their domains", () => {
    const hosts = [
      "ipv4.icanhazip.com",
      "www.cloudflare.com",
      "one.one.one.one",
      "1.1.1.1",
      "stun.cloudflare.com",
    ];
    expect(new Set(hosts.map(operatorOfHost))).toEqual(new Set(["cloudflare"]));
    expect(operatorOfHost("stun.l.google.com")).toBe("google");
  });

  it("is not confused by names of JavaScript", () => {
    expect(operatorOfHost("a.b.constructor")).toBe("b.constructor");
    expect(operatorOfHost("__proto__")).toBe("__proto__");
  });

  it("does not take the wildcards of hosters apart", () => {
    expect(operatorOfHost("mine.duckdns.org")).toBe(operatorOfHost("yours.duckdns.org"));
  });
});
