import { z } from "zod";
import { address, at, components, family, list, maybeAt, span } from "#service/api/schemas/common.ts";

export const observation = z
  .strictObject({
    witness: z.string(),
    operator: z.string(),
    authenticated: z.boolean(),
    result: z.enum(["cancelled", "failed", "rejected", "seen"]),
    address: address.optional(),
    reason: z
      .string()
      .optional()
      .meta({ description: "Of a rejected address: the reason's name; of a failure: the error's code" }),
    message: z.string().optional(),
    elapsedMs: span,
  })
  .register(components, { id: "Observation", description: "What became of one question to one witness" });

export const position = z
  .strictObject({ address, operators: list(z.string()) })
  .register(components, { id: "Position", description: "One address and who speaks for it" });

const verdictShape = {
  kind: z.enum(["disputed", "known", "unavailable"]),
  address: address.optional(),
  basis: z
    .string()
    .optional()
    .meta({ description: "Why it is known: confirms-published, quorum, unanimous" }),
  reason: z.string().optional().meta({ description: "Why there is none: no-answer, too-few, unconfirmed" }),
  for: list(z.string()).meta({ description: "Witnesses that say so" }),
  against: list(z.string()).meta({ description: "Witnesses that say something else" }),
  positions: list(position).optional().meta({ description: "Of a dispute, the strongest first" }),
  notes: list(z.string()),
  elapsedMs: span,
  observations: list(observation).optional(),
};

export const verdict = z
  .strictObject(verdictShape)
  .register(components, { id: "Verdict", description: "What a round's observations mean for one family" });

export const decidedVerdict = z
  .strictObject({ ...verdictShape, at })
  .register(components, { id: "DecidedVerdict", description: "The verdict of the latest round" });

export const verdicts = z
  .strictObject({
    ipv4: decidedVerdict.nullable().optional(),
    ipv6: decidedVerdict.nullable().optional(),
  })
  .register(components, {
    id: "Verdicts",
    description: "Of the families that a record asks for; null: no round was over yet",
  });

export const familyState = z
  .strictObject({
    family,
    address: address.nullable().meta({ description: "Last known, perhaps by an earlier process" }),
    since: maybeAt.meta({ description: "Since when it is this one" }),
    confirmedAt: maybeAt.meta({
      description:
        "When a round or a probe said last that it still is; where a leader tells it, when it was looked at",
    }),
    trouble: z
      .strictObject({ kind: z.enum(["disputed", "unavailable"]), since: at })
      .nullable()
      .meta({ description: "Since when the address is not known, or in dispute" }),
    verdict: decidedVerdict.nullable(),
    probe: z
      .strictObject({
        at,
        witness: z.string(),
        operator: z.string(),
        result: z.enum(["changed", "silent", "unchanged"]),
        tookMs: span,
      })
      .nullable(),
  })
  .register(components, { id: "Family", description: "How the address of one family stands" });
