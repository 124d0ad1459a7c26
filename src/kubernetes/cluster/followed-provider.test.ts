import { expect, it } from "vitest";
import { followedProvider } from "#kubernetes/cluster/followed-provider.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import { address, desired, finish, NEVER, ScriptedProvider } from "#testing/engine-world.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { shared } from "#testing/shared-address.ts";

const clock = new ManualClock();
const [HOME, OTHER] = [desired(), desired("www.example.org")];

it("what a record holds, the shared address says, and the provider is not asked", async () => {
  const real = new ScriptedProvider(clock, { read: { no: "it only takes updates" } });
  let now: SharedAddress | undefined = shared();
  const provider = followedProvider(real, () => now);
  expect(provider.capabilities).toEqual({ ...real.capabilities, read: "yes" });
  const readings = await provider.read([HOME, OTHER], NEVER);
  const { name, type } = HOME;
  expect(readings.get("home.example.org/A")).toEqual({
    kind: "present",
    set: { name, type, values: [address("44.128.10.77")] },
  });
  expect(readings.get("www.example.org/A")).toEqual({ kind: "absent" });
  now = undefined;
  expect((await provider.read([HOME], NEVER)).get("home.example.org/A")).toEqual({ kind: "absent" });
  expect(real.reads).toEqual([]);
});

it("a change goes to the provider, and so do checks", async () => {
  const real = new ScriptedProvider(clock);
  const provider = followedProvider(real, () => shared());
  const after = { name: HOME.name, type: HOME.type, values: [address("44.128.11.1")] };
  const change = {
    record: HOME,
    before: undefined,
    after,
    address: address("44.128.11.1"),
    reason: "missing",
  } as const;
  expect(await finish(clock, provider.apply([change], NEVER))).toEqual([{ kind: "applied" }]);
  expect(real.values()).toBe("44.128.11.1");
  expect(await provider.check([HOME], NEVER)).toEqual(["all is well"]);
  expect("budget" in provider).toBe(false);
});
