import { seconds } from "#core/units.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import { address } from "#testing/engine-world.ts";

/** As a leader on node-1 tells it to a cluster of four in which all is well. */
export function shared(overrides: Partial<SharedAddress> = {}): SharedAddress {
  return {
    addresses: new Map([[4, address("44.128.10.77")]]),
    detectedAt: new Date("2026-01-01T00:00:00.000Z"),
    changedAt: undefined,
    epoch: 3,
    sequence: 41,
    validFor: seconds(600),
    agreement: "IPv4: alpha, bravo agree",
    leader: "node-1",
    published: new Map([["home.example.org/A", address("44.128.10.77")]]),
    passed: new Map(),
    members: ["node-1", "node-2", "node-3", "node-4"],
    loadBalancer: undefined,
    ...overrides,
  };
}
