import { expect, it } from "vitest";
import { isHostName, isName } from "#wire/dns/host-name.ts";

it.each([
  ["ns1.example.net", true, true],
  ["localhost", true, true],
  ["_dns.example.net", true, true],
  ["192.0.2", true, false],
  ["a b.example.net", true, false],
  ["https://example.net", true, false],
  ["", false, false],
  ["a..b", false, false],
  ["a".repeat(64), false, false],
])("%j: a name %s, a host name %s", (text, name, host) => {
  expect([isName(text), isHostName(text)]).toEqual([name, host]);
});
