import { z } from "zod";
import {
  address,
  at,
  components,
  family,
  list,
  maybeAt,
  round,
  span,
  trigger,
} from "#service/api/schemas/common.ts";
import { happening } from "#service/api/schemas/past.ts";
import { provider } from "#service/api/schemas/providers.ts";
import { record } from "#service/api/schemas/records.ts";
import { witness } from "#service/api/schemas/sources.ts";
import { familyState } from "#service/api/schemas/verdicts.ts";

const roundUnderWay = z
  .strictObject({ number: round, trigger, startedAt: at, families: list(family) })
  .register(components, { id: "RoundUnderWay" });

const roundOver = z
  .strictObject({ number: round, trigger, startedAt: at, families: list(family), endedAt: at, tookMs: span })
  .register(components, { id: "RoundOver" });

export const state = z
  .strictObject({
    lastEventId: z.string().meta({ description: "Everything up to this event is in it" }),
    now: at,
    startedAt: at,
    families: list(familyState),
    witnesses: list(witness),
    records: list(record),
    providers: list(provider),
    round: roundUnderWay.nullable(),
    lastRound: roundOver.nullable(),
    next: z.strictObject({ round: maybeAt, probe: maybeAt }),
    lately: list(happening).meta({ description: "Newest first" }),
  })
  .register(components, {
    id: "State",
    description: "Everything that is known now; how each witness did lately is in `/api/v1/sources`",
  });

const summaryFamily = {
  verdict: z.enum(["disputed", "known", "unavailable", "unknown"]),
};

export const summary = z
  .strictObject({
    ok: z.boolean().meta({ description: "Every address is known and every record is right" }),
    status: z.enum(["ok", "trouble"]),
    message: z.string().meta({ description: "The same in a sentence" }),
    ipv4: address.nullable(),
    ipv4Verdict: summaryFamily.verdict,
    ipv4Since: maybeAt,
    ipv6: address.nullable(),
    ipv6Verdict: summaryFamily.verdict,
    ipv6Since: maybeAt,
    recordsInSync: z.number().int(),
    recordsTotal: z.number().int(),
    lastChange: maybeAt.meta({ description: "When a record was written last" }),
    nextRound: maybeAt,
  })
  .register(components, { id: "Summary", description: "Flat, small and stable: for widgets and monitors" });

export const roundRequested = z
  .strictObject({
    round: round.meta({ description: "The number it will have, unless others were waiting already" }),
  })
  .register(components, { id: "RoundRequested" });

export const roundDone = z
  .strictObject({
    round: roundOver,
    families: list(familyState),
    records: list(record),
  })
  .register(components, { id: "RoundDone", description: "How everything stands after the round" });
