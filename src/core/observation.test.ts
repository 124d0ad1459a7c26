import { describe, expect, it } from "vitest";
import { type Family, parseAddress } from "#core/address.ts";
import { type Observation, rejectionReason, votedAddress } from "#core/observation.ts";
import { parsePrefix } from "#core/prefix.ts";
import { milliseconds } from "#core/units.ts";
import { operator, type Witness } from "#core/witness.ts";

describe("rejectionReason", () => {
  it.each<[string, Family, string, string | undefined, readonly string[], string | undefined]>([
    ["a public address", 4, "81.2.69.142", "8.8.8.8", [], undefined],
    ["a public IPv6 address", 6, "2a00:1::1", "2600::1", [], undefined],
    ["a witness without a server", 4, "81.2.69.142", undefined, [], undefined],
    ["IPv6 for an A record", 4, "2a00:1::1", undefined, [], "wrong-family"],
    ["IPv4 for an AAAA record", 6, "81.2.69.142", undefined, [], "wrong-family"],
    ["an IPv4-mapped address", 6, "::ffff:81.2.69.142", undefined, [], "mapped-ipv4"],
    ["carrier-grade NAT", 4, "100.64.0.1", "8.8.8.8", [], "cgnat"],
    ["multicast", 4, "224.0.0.1", "8.8.8.8", [], "multicast"],
    ["a private address in an opened range", 4, "10.1.0.1", "10.0.0.1", ["10.0.0.0/8"], undefined],
    ["a private address beside an opened range", 4, "10.1.0.1", "10.0.0.1", ["10.0.0.0/16"], "private"],
    ["the witness's own address", 4, "8.8.8.8", "8.8.8.8", [], "own-server"],
    ["the witness's own IPv6 address, written otherwise", 6, "2600::1", "2600:0:0::1", [], "own-server"],
    [
      "the own address of a witness in an opened range",
      4,
      "10.0.0.1",
      "10.0.0.1",
      ["10.0.0.0/8"],
      "own-server",
    ],
    ["loopback seen by loopback", 4, "127.0.0.1", "127.0.0.1", [], "loopback"],
    ["loopback seen by an opened loopback", 4, "127.0.0.1", "127.0.0.1", ["127.0.0.0/8"], undefined],
    ["IPv6 loopback, opened", 6, "::1", "::1", ["::1/128"], undefined],
    ["a neighbour of the witness", 4, "8.8.8.9", "8.8.8.8", [], undefined],
  ])("%s", (_, family, address, server, opened, reason) => {
    const testimony = {
      address: parseAddress(address)!,
      ...(server === undefined ? {} : { server: parseAddress(server)! }),
    };
    const allowed = opened.map((text) => parsePrefix(text)!);
    expect(rejectionReason(family, testimony, allowed)).toBe(reason);
  });
});

describe("votedAddress", () => {
  const witness: Witness = {
    id: "stun:a",
    source: "stun",
    operator: operator("a"),
    authenticated: false,
    families: [4],
    decisive: true,
    fallback: false,
  };
  const base = { family: 4, witness, elapsed: milliseconds(1) } as const;
  const testimony = { address: parseAddress("81.2.69.142")! };

  it.each<[Observation, string | undefined]>([
    [{ ...base, kind: "seen", testimony }, "81.2.69.142"],
    [{ ...base, kind: "rejected", testimony, reason: "cgnat" }, undefined],
    [{ ...base, kind: "failed", error: new Error("no answer") }, undefined],
    [{ ...base, kind: "cancelled" }, undefined],
  ])("of $kind", (observation, address) => {
    expect(votedAddress(observation)?.text).toBe(address);
  });
});
