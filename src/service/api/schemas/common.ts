import { z } from "zod";
import type { Family } from "#core/address.ts";
import { RECORD_TYPES } from "#core/record.ts";

/** Every schema that has a name in the OpenAPI document. */
export const components = z.registry<{ readonly id: string; readonly description?: string }>();

export const at = z.iso.datetime().meta({ description: "A moment, UTC" });
export const maybeAt = at.nullable();
export const span = z.number().meta({ description: "A span of time in milliseconds" });
export const address = z.string().meta({ description: "IPv4 or IPv6, as RFC 5952 writes it" });
export const family = z.literal([4, 6]);
export const round = z.number().int().positive().meta({ description: "Of this process, from 1" });

export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

export const recordType = z.enum(RECORD_TYPES);

/** Which record, and where it is kept. */
export const recordKey = {
  name: z.string().meta({ description: "Fully qualified, without the last dot" }),
  type: recordType,
  provider: z.string().meta({ description: "The name of the account in the configuration" }),
};

export const trigger = z
  .enum([
    "back-off",
    "cluster",
    "command",
    "gateway",
    "probe",
    "resume",
    "schedule",
    "signal",
    "silence",
    "start",
  ])
  .meta({ description: "What started the round" });

export const changeReason = z
  .enum(["address-changed", "changed-elsewhere", "missing", "removed-elsewhere", "ttl", "wrong-address"])
  .meta({ description: "Why the record has to be written" });

/** Query parameters are text. */
export const flag = z
  .enum(["0", "1"])
  .default("0")
  .transform((text) => text === "1");

export const dateParameter = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

export const familyParameter = z
  .enum(["4", "6"])
  .transform((text): Family => (text === "4" ? 4 : 6))
  .meta({ description: "4 for IPv4, 6 for IPv6" });

/** A whole number in digits: more than `z.coerce` would take must not pass. */
export function numberParameter(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, { error: `expected a whole number from ${min} to ${max}`, abort: true })
    .transform(Number)
    .pipe(z.number().int().min(min).max(max))
    .meta({ type: "integer", minimum: min, maximum: max });
}
