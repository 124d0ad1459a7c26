import { z } from "zod";
import { SOURCE_KINDS } from "#core/witness.ts";
import { address, at, components, family, list, maybeAt, span } from "#service/api/schemas/common.ts";

const answer = z
  .strictObject({
    kind: z.enum(["agrees", "differs", "undecided", "rejected", "silent", "unneeded"]),
    address: address.optional(),
    message: z.string().optional(),
    at,
    elapsedMs: span,
  })
  .register(components, {
    id: "Answer",
    description: "What came of the latest question, next to the verdict it was asked for",
  });

const shape = {
  witness: z.string().meta({ description: "Its id" }),
  operator: z.string().meta({ description: "All witnesses of one operator have one vote" }),
  source: z.enum(SOURCE_KINDS),
  transport: z.string().meta({ description: "How it is reached, in words" }),
  family,
  authenticated: z.boolean().meta({ description: "Nobody on the path can forge its answer" }),
  decisive: z.boolean().meta({ description: "Its vote can make a majority" }),
  fallback: z.boolean().meta({ description: "Asked only when the others cannot decide" }),
  probation: z.boolean().meta({ description: "Asked and compared, without a vote until it proved right" }),
  answer: answer.nullable().meta({ description: "null: not asked yet by this process" }),
  differsSince: maybeAt.meta({ description: "Since when every answer of it differs" }),
  quarantine: z.strictObject({ reason: z.enum(["dissent", "failures"]), since: at, until: at }).nullable(),
};

export const witness = z.strictObject(shape).register(components, {
  id: "Witness",
  description: "One that is asked, for one family",
});

const recent = list(
  z.strictObject({
    at,
    elapsedMs: span.optional().meta({ description: "Absent: there was no answer" }),
    agrees: z.boolean().optional().meta({ description: "Absent: there was nothing to compare it with" }),
  }),
).meta({ description: "The latest questions, oldest first" });

export const witnessWithRecent = z.strictObject({ ...shape, recent }).register(components, {
  id: "WitnessWithRecent",
  description: "The same, with how it did lately",
});

export const sources = z
  .strictObject({ witnesses: list(witnessWithRecent) })
  .register(components, { id: "Sources", description: "Every witness, by family, operator and id" });
