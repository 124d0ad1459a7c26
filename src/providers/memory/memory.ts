import { z } from "zod";
import { CancelledError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Clock } from "#core/ports.ts";
import type { Capabilities, Provider } from "#core/provider.ts";
import { type Reading, type RecordKey, recordId } from "#core/record.ts";
import { milliseconds, seconds } from "#core/units.ts";
import { outcomeOf, unread } from "#providers/_shared/answer-error.ts";
import { zoneName } from "#providers/_shared/zone-schema.ts";
import { defineProvider } from "#providers/definition.ts";
import { MemoryWorld } from "#providers/memory/world.ts";

const capabilities: Capabilities = {
  granularity: "record-set",
  types: { A: "yes", AAAA: "yes" },
  ttl: { min: seconds(1), max: seconds(2_147_483_647), default: seconds(300) },
  wildcard: "yes",
  apex: "yes",
  multipleValues: "yes",
  read: "yes",
  batch: 1000,
  pacing: { requests: 1000, per: milliseconds(1000), source: "none: it is in this process" },
};

export const memory = defineProvider({
  id: "memory",
  title: "Memory",
  docsUrl: "https://github.com/esddns/esddns",
  description:
    "Zones in the memory of the process: for trying esddns out and for tests. Nothing is published, and " +
    "everything is forgotten when the process ends.",
  config: z.strictObject({
    zones: z
      .array(zoneName)
      .min(1)
      .prefault(["example.org"])
      .meta({ description: "Zones that the provider holds" }),
    latency: z
      .number()
      .min(0)
      .max(60_000)
      .default(0)
      .meta({ description: "Milliseconds that every request takes" }),
  }),
  example: {},
  capabilities: () => capabilities,
  secrets: () => [],
  create(config, ports) {
    const world = new MemoryWorld(config.zones, seconds(300));
    world.latency = milliseconds(config.latency);
    return createMemory(world, ports.clock);
  },
});

/** A provider over a world that its maker can look into. */
export function createMemory(world: MemoryWorld, clock: Clock): Provider {
  const read: Provider["read"] = async (keys, signal) => {
    await delay(world, clock, signal);
    return new Map(keys.map((key) => [recordId(key), readOne(world, key)]));
  };
  return {
    capabilities,
    read,
    async apply(changes, signal) {
      await delay(world, clock, signal);
      return changes.map((change) => applyOne(world, change));
    },
    async check(keys, signal) {
      const readings = [...(await read(keys, signal)).values()];
      for (const reading of readings) if (reading.kind === "unread") throw reading.error;
      return [`the zones ${world.zones.join(", ")} are in memory`];
    },
  };
}

async function delay({ latency }: MemoryWorld, clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new CancelledError();
  if (latency > 0) await clock.sleep(latency, signal);
}

function readOne(world: MemoryWorld, key: RecordKey): Reading {
  try {
    const set = world.read(key);
    return set ? { kind: "present", set } : { kind: "absent" };
  } catch (error) {
    return unread(error);
  }
}

function applyOne(world: MemoryWorld, { after }: Change): Outcome {
  try {
    world.write(after);
    return { kind: "applied" };
  } catch (error) {
    return outcomeOf(error);
  }
}
