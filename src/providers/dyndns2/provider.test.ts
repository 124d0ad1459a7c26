import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addressFromBytes } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import type { Change } from "#core/plan.ts";
import type { Provider } from "#core/provider.ts";
import { dyndns2 } from "#providers/dyndns2/dyndns2.ts";
import { Dyndns2Emulator } from "#testing/emulators/dyndns2.ts";
import { openPlain, testPorts } from "#testing/emulators/world.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const NAME = parseDomainName("home.example.org");
const OURS = addressFromBytes(Uint8Array.of(192, 0, 2, 1));
const FORGED = addressFromBytes(Uint8Array.of(198, 51, 100, 66));
/** What the engine plans when the zone's servers seem to hold another address. */
const CHANGE: Change = {
  record: { name: NAME, type: "A", provider: "home", mode: "replace" },
  before: { name: NAME, type: "A", values: [FORGED] },
  after: { name: NAME, type: "A", values: [OURS] },
  address: OURS,
  reason: "changed-elsewhere",
};
const NEVER = new AbortController().signal;

describe("a dyndns2 account", () => {
  let emulator: Dyndns2Emulator;
  let clock: ManualClock;
  let ports: ReturnType<typeof testPorts>;
  let provider: Provider;

  beforeEach(async () => {
    emulator = new Dyndns2Emulator({ username: "me", password: "dyn-0123456789", hosts: [NAME] });
    await emulator.listen();
    clock = new ManualClock();
    ports = testPorts(clock);
    const { endpoint } = emulator;
    const config = dyndns2.config.parse({ endpoint, username: "me", password: "dyn-0123456789" });
    provider = dyndns2.create(config, ports, openPlain);
  });
  afterEach(async () => {
    await ports.close();
    await emulator.close();
  });

  it("is not blocked for needless updates by somebody who forges plain DNS for days", async () => {
    for (let hours = 0; hours < 40; hours += 1) {
      const outcomes = await provider.apply([CHANGE], NEVER);
      expect(outcomes).toMatchObject([{ kind: hours === 0 ? "applied" : "unchanged" }]);
      await clock.advance(3_600_000);
    }
    expect(emulator.pointless).toBe(2);
  });

  it("is done with an answer of megabytes at once", async () => {
    emulator.fault({ kind: "status", status: 200, body: "nochg\n".repeat(100_000) }, { on: "write" });
    const startedAt = performance.now();
    expect(await provider.apply([CHANGE], NEVER)).toMatchObject([{ kind: "unconfirmed" }]);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
