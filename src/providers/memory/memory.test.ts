import { describe, expect, it } from "vitest";
import { parseDomainName } from "#core/name.ts";
import { milliseconds, seconds } from "#core/units.ts";
import { AnswerError } from "#providers/_shared/answer-error.ts";
import { createMemory, memory } from "#providers/memory/memory.ts";
import { MemoryWorld } from "#providers/memory/world.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";
import { providerContract, type ProviderFault } from "#testing/provider-contract.ts";

const ZONE = parseDomainName("example.org");
const HTTP = "it has no HTTP statuses of its own";
const NO_SECRET = "it has no credentials";
const NO_WIRE = "it has no connection";

providerContract("memory", {
  make() {
    const world = new MemoryWorld([ZONE], seconds(300));
    return {
      provider: createMemory(world, new ManualClock()),
      zone: ZONE,
      seed: (set) => world.put(set),
      peek: (key) => world.get(key),
      traffic: () => ({ reads: world.reads, writes: world.writes }),
      fault: (fault, on) => world.fail(misfortuneOf(fault), on),
      close: () => {},
    };
  },
  skip: {
    "many records take fewer requests than one by one": "a look-up in memory costs nothing",
    "wrong credentials: nothing is read, and the error says so": NO_SECRET,
    "wrong credentials: a write is refused for good": NO_SECRET,
    "422: refused as invalid, in the provider's words": HTTP,
    "secrets show up in no outcome, error or log line": NO_SECRET,
    "a cancelled read throws and leaves nothing open": NO_WIRE,
    "a write that is cancelled on the way is unconfirmed and leaves nothing open": NO_WIRE,
  },
});

function misfortuneOf(fault: ProviderFault) {
  if (fault.kind !== "status")
    return { kind: fault.kind === "lost-request" ? "answer" : "lost-answer", error: no(500) } as const;
  return { kind: "answer", error: no(fault.status, fault.retryAfter) } as const;
}

function no(status: number, retryAfter = "60"): AnswerError {
  const code =
    status === 429
      ? "rate-limited"
      : status === 403
        ? "not-allowed"
        : status === 409
          ? "conflict"
          : "server-error";
  const retry = status === 429 ? ({ after: milliseconds(Number(retryAfter) * 1000) } as const) : "next-round";
  return new AnswerError(`Cannot use the memory: ${status}`, { code, words: `${status}`, retry });
}

describe("memory", () => {
  it("takes as long as it is told to", async () => {
    const clock = new ManualClock();
    const world = new MemoryWorld([ZONE], seconds(300));
    world.latency = milliseconds(40);
    let isDone = false;
    const reading = createMemory(world, clock)
      .read([{ name: ZONE, type: "A" }], new AbortController().signal)
      .then(() => (isDone = true));

    await clock.advance(39);
    expect(isDone).toBe(false);
    await clock.advance(1);
    await reading;
    await settled();
    expect(isDone).toBe(true);
  });

  it("holds example.org unless it is told otherwise", () => {
    expect(memory.config.parse({})).toMatchObject({ zones: ["example.org"] });
    expect(memory.config.safeParse({ zones: ["no zone"] }).success).toBe(false);
  });
});
