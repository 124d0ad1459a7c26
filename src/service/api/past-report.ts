import type { z } from "zod";
import type { Episode, HistoryEntry, Measure } from "#core/store.ts";
import type { episodes, historyEntry, measures } from "#service/api/schemas/past.ts";
import { reportHistory } from "#report/status.ts";
import { roundMs } from "#report/verdict.ts";

export function reportHistoryEntry(
  entry: HistoryEntry & { readonly id: number },
): z.output<typeof historyEntry> {
  return { ...reportHistory(entry), id: entry.id };
}

export function reportEpisode({
  kind,
  address,
  from,
  until,
}: Episode): z.output<typeof episodes>["episodes"][number] {
  return {
    kind,
    ...(address && { address: address.text }),
    from: from.toISOString(),
    until: until?.toISOString() ?? null,
  };
}

export function reportMeasure(measure: Measure): z.output<typeof measures>["measures"][number] {
  const { at, witness, operator, asked, answered, agreed, differed, roundTrip } = measure;
  return {
    at: at.toISOString(),
    witness,
    operator,
    asked,
    answered,
    agreed,
    differed,
    roundTrip: roundTrip
      ? { meanMs: roundMs(roundTrip.mean), minMs: roundMs(roundTrip.min), maxMs: roundMs(roundTrip.max) }
      : null,
  };
}
