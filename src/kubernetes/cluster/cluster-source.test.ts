import { describe, expect, it } from "vitest";
import type { Family } from "#core/address.ts";
import { CancelledError } from "#core/errors.ts";
import type { Testimony, WitnessPort } from "#core/witness.ts";
import { createClusterSource } from "#kubernetes/cluster/cluster-source.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import { address, NEVER } from "#testing/engine-world.ts";
import { shared } from "#testing/shared-address.ts";

const FIRST = "44.128.10.77";

function witness(told: () => SharedAddress | undefined): WitnessPort {
  const [only] = createClusterSource("esddns-wan-ip", told).witnesses();
  if (!only) throw new TypeError("there is none");
  return only;
}

async function ask(told: SharedAddress | undefined, family: Family): Promise<Testimony> {
  return witness(() => told).ask(family, NEVER);
}

describe("the shared address as a witness", () => {
  it("says what the leader told last, and who agreed on it", async () => {
    expect(await ask(shared({ leader: "node-7" }), 4)).toEqual({
      address: address(FIRST),
      notes: ["told by node-7: IPv4: alpha, bravo agree"],
    });
  });

  it("says another one as soon as it is told", async () => {
    let now = shared();
    const one = witness(() => now);
    expect(one.id).toBe("cluster:esddns-wan-ip");
    now = shared({ addresses: new Map([[6, address("2a10:ed1:77::1")]]) });
    expect(await one.ask(6, NEVER)).toMatchObject({ address: { text: "2a10:ed1:77::1" } });
  });

  it.each<[string, SharedAddress | undefined, Family, string]>([
    ["a family that the leader does not know", shared(), 6, "the leader knows no IPv6 address"],
    ["anything before a leader told it", undefined, 4, "no leader has told it yet"],
  ])("says nothing of %s", async (_, told, family, words) => {
    await expect(ask(told, family)).rejects.toMatchObject({
      code: "not-told",
      message: `Cannot use the shared address: ${words}`,
    });
  });

  it("says nothing to whoever has stopped to ask", async () => {
    await expect(witness(() => shared()).ask(4, AbortSignal.abort())).rejects.toThrow(CancelledError);
  });
});
