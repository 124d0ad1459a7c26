import { beforeEach, describe, expect, it } from "vitest";
import { addressFromBytes, parseAddress } from "#core/address.ts";
import { CancelledError } from "#core/errors.ts";
import { parseDomainName } from "#core/name.ts";
import type { Change } from "#core/plan.ts";
import type { Capabilities, Provider } from "#core/provider.ts";
import type { Reading, RecordKey } from "#core/record.ts";
import { Secret } from "#core/secret.ts";
import { milliseconds, seconds } from "#core/units.ts";
import type { Authority } from "#core/verification.ts";
import { AnswerError } from "#providers/_shared/answer-error.ts";
import { withAuthoritativeRead } from "#providers/_shared/with-authoritative-read.ts";
import { withPacing } from "#providers/_shared/with-pacing.ts";
import { withSecretRefresh } from "#providers/_shared/with-secret-refresh.ts";
import { createMemory } from "#providers/memory/memory.ts";
import { MemoryWorld } from "#providers/memory/world.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";

const ZONE = parseDomainName("example.org");
const ADDRESS = parseAddress("192.0.2.1") ?? addressFromBytes(new Uint8Array(4));
const signal = new AbortController().signal;

let clock: ManualClock;
let world: MemoryWorld;
let memory: Provider;

beforeEach(() => {
  clock = new ManualClock();
  world = new MemoryWorld([ZONE], seconds(300));
  memory = createMemory(world, clock);
});

function withCapabilities(provider: Provider, capabilities: Partial<Capabilities>): Provider {
  return {
    capabilities: { ...provider.capabilities, ...capabilities },
    read: (keys, signal) => provider.read(keys, signal),
    apply: (changes, signal) => provider.apply(changes, signal),
    check: (keys, signal) => provider.check(keys, signal),
  };
}

function changes(count: number): readonly Change[] {
  return Array.from({ length: count }, (_, index) => {
    const key: RecordKey = { name: parseDomainName(`h${index}.example.org`), type: "A" };
    const after = { ...key, values: [ADDRESS] };
    const record = { ...key, provider: "test", mode: "replace" } as const;
    return { record, before: undefined, after, address: ADDRESS, reason: "missing" };
  });
}

describe("withPacing", () => {
  function paced(requests: number, per: number, batch = 1): Provider {
    const pacing = { requests, per: milliseconds(per), source: "a test" };
    return withPacing(withCapabilities(memory, { pacing, batch }), clock);
  }

  it("lets through what the limit allows, at once", async () => {
    await paced(10, 60_000).apply(changes(10), signal);
    expect(world.writes).toBe(10);
  });

  it("waits a short while for room", async () => {
    const provider = paced(2, 1000);
    await provider.apply(changes(2), signal);
    let isDone = false;
    const applying = provider.apply(changes(1), signal).then(() => (isDone = true));

    await clock.advance(999);
    expect(isDone).toBe(false);
    await clock.advance(1);
    await applying;
    expect(world.writes).toBe(3);
  });

  it("never makes more requests in any window than the limit", async () => {
    const provider = paced(3, 1000);
    const at: number[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      const applying = provider.apply(changes(1), signal).then(() => at.push(clock.now()));
      await clock.advance(turn % 2 === 0 ? 50 : 400);
      await clock.advance(1000);
      await applying;
    }
    for (const start of at)
      expect(at.filter((time) => time >= start && time < start + 1000).length).toBeLessThanOrEqual(3);
  });

  it("says when to come back instead of waiting long", async () => {
    const provider = paced(1, 300_000);
    await provider.apply(changes(1), signal);

    expect(await provider.apply(changes(1), signal)).toMatchObject([{ kind: "failed", retryAfter: 300_000 }]);
    expect([...(await provider.read([{ name: ZONE, type: "A" }], signal)).values()]).toMatchObject([
      { kind: "unread", error: { retry: { after: 300_000 } } },
    ]);
    expect(world.writes).toBe(1);
    expect(world.reads).toBe(0);
  });

  it("makes what it can of a call that is over the limit, with an outcome each", async () => {
    const outcomes = await paced(4, 60_000).apply(changes(6), signal);

    expect(outcomes.map(({ kind }) => kind)).toEqual([
      "applied",
      "applied",
      "applied",
      "applied",
      "failed",
      "failed",
    ]);
  });

  it("counts a batch as one request", async () => {
    await paced(2, 60_000, 100).apply(changes(200), signal);
    expect(world.writes).toBe(200);
  });

  it("ends a wait with the signal, and leaves no timer", async () => {
    const provider = paced(1, 1000);
    await provider.apply(changes(1), signal);
    const controller = new AbortController();
    const applying = provider.apply(changes(1), controller.signal);
    await settled();

    controller.abort();

    await expect(applying).rejects.toBeInstanceOf(CancelledError);
    expect(clock.pending).toBe(0);
  });

  it("does not throw away what was applied when it is cancelled in the middle", async () => {
    const controller = new AbortController();
    const applying = paced(1, 1000).apply(changes(2), controller.signal);
    await settled();

    controller.abort();

    expect(await applying).toMatchObject([{ kind: "applied" }, { kind: "failed" }]);
  });
});

describe("withSecretRefresh", () => {
  let stored: string;
  let secret: Secret;

  beforeEach(() => {
    stored = "old";
    secret = new Secret(() => stored);
  });

  /** Refuses everything but the password "new"; and records below h1 for another reason. */
  function guarded(): Provider {
    const no = (code: "authentication" | "not-allowed") => new AnswerError("no", { code, words: "no" });
    return {
      ...withCapabilities(memory, {}),
      async read(keys, signal) {
        if (secret.reveal() === "new") return memory.read(keys, signal);
        return new Map(
          keys.map((key) => [`${key.name}/${key.type}`, { kind: "unread", error: no("authentication") }]),
        );
      },
      async apply(changes, signal) {
        if (secret.reveal() === "new") return memory.apply(changes, signal);
        return changes.map((_, index) => ({
          kind: "refused",
          cause: index === 1 ? "not-allowed" : "authentication",
          words: "no",
        }));
      },
      async check(keys, signal) {
        if (secret.reveal() !== "new") throw no("authentication");
        return memory.check(keys, signal);
      },
    };
  }

  it("tries again, once, what was refused, when a secret is another now", async () => {
    const provider = withSecretRefresh(guarded(), [secret]);
    stored = "new";

    const outcomes = await provider.apply(changes(3), signal);

    expect(outcomes).toMatchObject([
      { kind: "applied" },
      { kind: "refused", cause: "not-allowed" },
      { kind: "applied" },
    ]);
    expect(world.writes).toBe(2);
  });

  it("tries nothing again with the same secret", async () => {
    const provider = withSecretRefresh(guarded(), [secret]);

    expect(await provider.apply(changes(1), signal)).toMatchObject([{ kind: "refused" }]);
    expect([...(await provider.read([{ name: ZONE, type: "A" }], signal)).values()]).toMatchObject([
      { kind: "unread" },
    ]);
    await expect(provider.check([], signal)).rejects.toMatchObject({ code: "authentication" });
    expect(world.writes + world.reads).toBe(0);
  });

  it("does the same for reading and checking", async () => {
    const provider = withSecretRefresh(guarded(), [secret]);
    stored = "new";
    expect([...(await provider.read([{ name: ZONE, type: "A" }], signal)).values()]).toEqual([
      { kind: "absent" },
    ]);

    stored = "old";
    secret.refresh();
    stored = "new";
    expect(await provider.check([], signal)).toHaveLength(1);
  });
});

describe("withAuthoritativeRead", () => {
  const key: RecordKey = { name: ZONE, type: "A" };
  const authority: Authority = {
    read: (asked) => Promise.resolve<Reading>({ kind: "present", set: { ...asked, values: [ADDRESS] } }),
    verify: () => Promise.resolve({ kind: "unverifiable", why: "not asked here" }),
  };

  it("asks the zone's servers where the API cannot be asked", async () => {
    const mute = withCapabilities(memory, { read: { no: "it has no question" } });

    const readings = await withAuthoritativeRead(mute, authority).read([key], signal);

    expect([...readings.values()]).toEqual([{ kind: "present", set: { ...key, values: [ADDRESS] } }]);
    expect(world.reads).toBe(0);
  });

  it("leaves a provider alone that can be asked", () => {
    expect(withAuthoritativeRead(memory, authority)).toBe(memory);
  });
});
