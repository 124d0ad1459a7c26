import { describe, expect, it } from "vitest";
import type { Provider } from "#core/provider.ts";
import type { Reading } from "#core/record.ts";
import { milliseconds } from "#core/units.ts";
import type { Authority } from "#core/verification.ts";
import { Pauses } from "#engine/pauses.ts";
import { Readings } from "#engine/readings.ts";
import {
  address,
  desired,
  EngineWorld,
  finish,
  fixedRandom,
  NEVER,
  ScriptedProvider,
} from "#testing/engine-world.ts";

const RECORD = desired();
const ID = "home.example.org/A";
const MINUTE = milliseconds(60_000);

function readingsOf(each: EngineWorld, provider: Provider = each.provider, authority?: Authority) {
  return new Readings({
    providers: new Map([["home", provider]]),
    authority,
    store: each.store,
    clock: each.clock,
    pauses: new Pauses(each.clock, fixedRandom()),
    onCalled: () => {},
    onBug: (error) => each.bugs.push(error),
  });
}

async function read(each: EngineWorld, readings: Readings): Promise<Reading | undefined> {
  readings.request([RECORD], MINUTE, NEVER);
  return (await finish(each.clock, readings.current([RECORD]))).get(ID);
}

function textOf(reading: Reading | undefined): string | undefined {
  return reading?.kind === "present" ? reading.set.values.map(({ text }) => text).join(",") : reading?.kind;
}

describe("readings", () => {
  it("are asked for once, however often they are wanted at the same time", async () => {
    const each = new EngineWorld().established("44.128.10.1");
    const readings = readingsOf(each);
    for (let count = 0; count < 5; count += 1) readings.request([RECORD], MINUTE, NEVER);
    expect(textOf(await read(each, readings))).toBe("44.128.10.1");
    expect(each.provider.reads).toHaveLength(1);
  });

  it("that were under way when something was written do not undo it", async () => {
    const each = new EngineWorld().established("44.128.10.1");
    const readings = readingsOf(each);
    readings.request([RECORD], MINUTE, NEVER);
    await each.clock.advance(10);
    readings.learn({ ...RECORD, values: [address("44.128.20.5")] });
    expect(textOf(await read(each, readings))).toBe("44.128.20.5");
  });

  it("that were cancelled are not remembered", async () => {
    const each = new EngineWorld().established("44.128.10.1");
    const readings = readingsOf(each);
    const stop = new AbortController();
    readings.request([RECORD], MINUTE, stop.signal);
    stop.abort();
    await readings.current([RECORD]);
    expect(textOf(await read(each, readings))).toBe("44.128.10.1");
  });

  it("of a provider that hangs end, and the provider is left alone for a while", async () => {
    const each = new EngineWorld();
    each.provider.latency = 1_000_000;
    const readings = readingsOf(each);
    expect(textOf(await read(each, readings))).toBe("unread");
    expect(each.clock.now()).toBe(15_000);
    await read(each, readings);
    expect(each.provider.reads).toHaveLength(1);
  });

  it("with a bug in the provider are none, and the bug is told", async () => {
    const each = new EngineWorld();
    each.provider.readScript = () => {
      throw new TypeError("undefined is not a function");
    };
    expect(textOf(await read(each, readingsOf(each)))).toBe("unread");
    expect(each.bugs).toHaveLength(1);
  });
});

describe("a provider that cannot be read", () => {
  function blindProvider(each: EngineWorld) {
    return new ScriptedProvider(each.clock, { read: { no: "the protocol has no such request" } });
  }

  function zone(reading: Reading): Authority {
    return { read: () => Promise.resolve(reading), verify: () => Promise.reject(new Error("not asked")) };
  }

  it("is read at the zone's own servers", async () => {
    const each = new EngineWorld();
    const set = { ...RECORD, values: [address("44.128.30.3")] };
    const reading = await read(each, readingsOf(each, blindProvider(each), zone({ kind: "present", set })));
    expect(textOf(reading)).toBe("44.128.30.3");
  });

  it("is taken to hold what was published last where these do not answer", async () => {
    for (const authority of [undefined, zone({ kind: "unread", error: new Error("no answer") })]) {
      const each = new EngineWorld();
      expect(textOf(await read(each, readingsOf(each, blindProvider(each), authority)))).toBe("absent");
      each.established("44.128.10.1");
      expect(textOf(await read(each, readingsOf(each, blindProvider(each), authority)))).toBe("44.128.10.1");
    }
  });
});
