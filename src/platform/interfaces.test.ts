import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createInterfaces } from "#platform/interfaces.ts";

const ipv6Loopback = Object.entries(networkInterfaces()).find(([, list]) =>
  list?.some(({ address }) => address === "::1"),
);

describe("the interfaces of this host", () => {
  it("have the addresses that Node knows, without zones", async () => {
    const expected = Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
      list.map(({ address }) => `${name} ${address.replace(/%.*/, "")}`),
    );
    const addresses = await createInterfaces().addresses();
    expect(addresses.map((entry) => `${entry.interface} ${entry.address.text}`)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
  });

  it.skipIf(!ipv6Loopback).each([
    ["01", { temporary: true, deprecated: false, tentative: false }],
    ["20", { temporary: false, deprecated: true, tentative: false }],
    ["40", { temporary: false, deprecated: false, tentative: true }],
    ["08", { temporary: false, deprecated: false, tentative: true }],
    ["80", { temporary: false, deprecated: false, tentative: false }],
    ["a1", { temporary: true, deprecated: true, tentative: false }],
    ["100a1", { temporary: true, deprecated: true, tentative: false }],
  ])("have the state that Linux tells, flags %s (needs an IPv6 loopback)", async (flags, state) => {
    const [name = ""] = ipv6Loopback ?? [];
    const table = tableFile(
      `00000000000000000000000000000001 01 80 10 ${flags.padStart(2, "0")} ${name.padStart(8)}\n`,
    );
    const loopback = (await createInterfaces(table).addresses()).find(
      ({ address }) => address.text === "::1",
    );
    expect(loopback).toMatchObject({ interface: name, ...state });
  });

  it("have no state where the system tells none, or nonsense", async () => {
    for (const table of ["/no/such/file", tableFile("nonsense\n0001 01 80 10 80 lo\n")]) {
      const addresses = await createInterfaces(table).addresses();
      expect(addresses.some((entry) => entry.temporary || entry.deprecated || entry.tentative)).toBe(false);
    }
  });
});

function tableFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "esddns-interfaces-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "if_inet6"), text);
  return join(folder, "if_inet6");
}
