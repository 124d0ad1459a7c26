import { z } from "zod";
import { RECORD_TYPES } from "#core/record.ts";
import { HAPPENING_KINDS } from "#state/happening.ts";
import {
  address,
  at,
  changeReason,
  components,
  dateParameter,
  family,
  familyParameter,
  list,
  maybeAt,
  numberParameter,
  span,
} from "#service/api/schemas/common.ts";

const recordId = z.templateLiteral([z.string().min(1).max(253), "/", z.enum(RECORD_TYPES)]);

export const historyEntry = z
  .strictObject({
    id: z.number().int().meta({ description: "Grows with time" }),
    at,
    record: recordId,
    provider: z.string(),
    before: list(address),
    after: list(address),
    reason: changeReason,
    outcome: z.enum(["applied", "failed", "refused", "unchanged", "unconfirmed"]),
    words: z.string().optional().meta({ description: "The provider's, or the error's" }),
    tookMs: span,
    convergedMs: span.nullable().meta({ description: "Until the last name server had it" }),
    operators: list(z.string()).nullable().meta({ description: "Who decided it" }),
    sightMs: span.nullable().meta({ description: "From when a probe first saw the new address" }),
  })
  .register(components, { id: "HistoryEntry", description: "One change and what became of it" });

export const history = z
  .strictObject({
    entries: list(historyEntry),
    next: z.string().nullable().meta({ description: "The page of older ones" }),
  })
  .register(components, { id: "History", description: "Changes, newest first" });

/** The longest page of JSON. */
export const HISTORY_PAGE = 500;
/** As many lines as a store keeps. */
export const HISTORY_EXPORT = 10_000;

export const historyQuery = z
  .strictObject({
    limit: numberParameter(1, HISTORY_EXPORT)
      .optional()
      .meta({
        description: `Up to ${HISTORY_PAGE}, by default 50; of CSV up to ${HISTORY_EXPORT}, by default as many`,
      }),
    before: numberParameter(1, Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: "Those older than the entry of this id" }),
    record: recordId.optional().meta({ description: "E.g. home.example.org/A" }),
    since: dateParameter.optional().meta({ description: "Those from then on" }),
    until: dateParameter.optional().meta({ description: "Those up to then" }),
    format: z.enum(["json", "csv"]).default("json").meta({ description: "json, or csv: a table" }),
  })
  .refine(({ format, limit = 1 }) => format === "csv" || limit <= HISTORY_PAGE, {
    path: ["limit"],
    error: `expected at most ${HISTORY_PAGE}`,
  });

export const familyQuery = z.strictObject({
  family: familyParameter,
  since: dateParameter.optional().meta({ description: "What reaches into the time from then on" }),
});

export const episodes = z
  .strictObject({
    family,
    episodes: list(
      z.strictObject({
        kind: z.enum(["disputed", "known", "unavailable", "unwatched"]),
        address: address.optional().meta({ description: "Of known alone" }),
        from: at,
        until: maybeAt.meta({ description: "null: it lasts" }),
      }),
    ),
  })
  .register(components, { id: "Episodes", description: "How a family's address stood, oldest first" });

export const measures = z
  .strictObject({
    family,
    spanMs: span.meta({ description: "What one measure covers, from `at` on" }),
    measures: list(
      z.strictObject({
        at,
        witness: z.string(),
        operator: z.string(),
        asked: z.number().int(),
        answered: z.number().int(),
        agreed: z.number().int(),
        differed: z.number().int(),
        roundTrip: z.strictObject({ meanMs: span, minMs: span, maxMs: span }).nullable(),
      }),
    ),
  })
  .register(components, {
    id: "Measures",
    description: "What became of the questions to each witness, oldest first",
  });

export const happening = z
  .strictObject({
    kind: z.enum(HAPPENING_KINDS),
    at,
    family: family.optional(),
    record: recordId.optional(),
    provider: z.string().optional(),
    witness: z.string().optional(),
    title: z.string(),
    detail: z.string().optional(),
  })
  .register(components, { id: "Happening", description: "What is worth telling a person" });

export const happenings = z
  .strictObject({ happenings: list(happening) })
  .register(components, { id: "Happenings", description: "Newest first" });

export const happeningsQuery = z.strictObject({ limit: numberParameter(1, 500).optional() });
