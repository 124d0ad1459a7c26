import { EsddnsError } from "#core/errors.ts";
import type { DomainName } from "#core/name.ts";
import type { Change } from "#core/plan.ts";
import { concurrently } from "#providers/_shared/concurrently.ts";
import type { ZoneOf } from "#providers/rfc2136/zones.ts";

const QUESTIONS = 16;

export interface Group {
  readonly zone: DomainName | EsddnsError;
  readonly group: readonly Change[];
}

/** Changes under their zone, or under the error that stands in its place, in messages of limited size. */
export async function groupByZone(
  changes: readonly Change[],
  zoneOf: ZoneOf,
  batch: number,
  signal: AbortSignal,
): Promise<readonly Group[]> {
  const located = await concurrently(changes, QUESTIONS, async (change) => {
    const zone = await zoneOf(change.after.name, signal).catch((error: unknown) => {
      if (error instanceof EsddnsError) return error;
      throw error;
    });
    return { zone, change };
  });
  const groups = [...Map.groupBy(located, ({ zone }) => zone)];
  return groups.flatMap(([zone, members]) => {
    const group = members.map(({ change }) => change);
    return Array.from({ length: Math.ceil(group.length / batch) }, (_, index) => ({
      zone,
      group: group.slice(index * batch, (index + 1) * batch),
    }));
  });
}
