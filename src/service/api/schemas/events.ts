import { z } from "zod";
import type { EngineEvent } from "#engine/events.ts";
import {
  address,
  changeReason,
  components,
  family,
  list,
  recordKey,
  round,
  span,
  trigger,
} from "#service/api/schemas/common.ts";
import { happening } from "#service/api/schemas/past.ts";
import { callResult, operation } from "#service/api/schemas/providers.ts";
import { decision, outcome, verification } from "#service/api/schemas/records.ts";
import { state } from "#service/api/schemas/state.ts";
import { observation, position, verdict } from "#service/api/schemas/verdicts.ts";

const look = z.enum(["first", "second"]);
const asked = { witness: z.string(), operator: z.string() };
const verdictKind = z.enum(["disputed", "known", "unavailable"]).nullable();

/** The data of every kind of event. */
export const EVENTS = {
  state,
  happening,
  "round-started": z.strictObject({ round, trigger, families: list(family) }),
  asked: z.strictObject({ round, look, family, ...asked }),
  observed: z.strictObject({ round, look, family, late: z.boolean(), observation }),
  retrying: z.strictObject({ round, family, attempt: z.number().int(), withinMs: span }),
  decided: z.strictObject({ round, family, verdict }),
  mismatch: z.strictObject({ round, family, positions: list(position) }),
  planned: z.strictObject({ round, family, records: list(decision) }),
  withheld: z.strictObject({
    round,
    ...recordKey,
    reason: z.enum(["dry-run", "flap-hold", "back-off", "turn", "stopped", "ttl-not-kept"]),
  }),
  published: z.strictObject({
    round,
    ...recordKey,
    reason: changeReason,
    before: list(address),
    after: list(address),
    outcome,
    tookMs: span,
    sinceStartMs: span,
    sinceSightMs: span.optional(),
  }),
  verified: z.strictObject({ round, ...recordKey, verification }),
  "round-ended": z.strictObject({
    round,
    trigger,
    verdicts: z.strictObject({ ipv4: verdictKind, ipv6: verdictKind }),
    planned: z.number().int(),
    withheld: z.number().int(),
    outcomes: list(z.strictObject({ ...recordKey, kind: z.string() })),
    tookMs: span,
    crashed: z.boolean(),
  }),
  probed: z.strictObject({
    family,
    ...asked,
    result: z.enum(["changed", "silent", "unchanged"]),
    tookMs: span,
  }),
  quarantined: z.strictObject({ family, ...asked, reason: z.enum(["dissent", "failures"]), spanMs: span }),
  released: z.strictObject({ family, ...asked }),
  scheduled: z.strictObject({ next: z.enum(["probe", "round"]), withinMs: span }),
  called: z.strictObject({
    provider: z.string(),
    operation,
    result: callResult,
    tookMs: span,
    message: z.string().optional(),
  }),
  crashed: z.strictObject({ round: round.optional(), message: z.string() }),
  // Of a pod in a cluster: what it knows of it is another thing now
  "cluster-changed": z.strictObject({}),
  // Of a daemon in the lab: the world around it is another one now
  "lab-changed": z.strictObject({}),
} satisfies Record<
  EngineEvent["kind"] | "cluster-changed" | "happening" | "lab-changed" | "state",
  z.ZodType
>;

export const EVENT_KINDS = Object.keys(EVENTS);

// Its properties are the kinds, and their values the data
z.strictObject(EVENTS)
  .partial()
  .register(components, { id: "EventData", description: "By kind of event: what its `data` is" });

const kinds = z
  .string()
  .transform((text) => text.split(","))
  .pipe(z.array(z.enum(EVENT_KINDS)).min(1))
  .meta({ description: `Only these, with commas between them: ${EVENT_KINDS.join(", ")}` });

export const eventsQuery = z.strictObject({
  kinds: kinds.optional(),
  lastEventId: z
    .string()
    .max(60)
    .optional()
    .meta({ description: "As the header `Last-Event-ID`, which wins" }),
  state: z
    .enum(["0", "1"])
    .default("1")
    .transform((text) => text === "1")
    .meta({ description: "0: a new reader does not begin with the state" }),
});
