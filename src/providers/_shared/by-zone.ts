import { EsddnsError } from "#core/errors.ts";
import type { DomainName } from "#core/name.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import { type Reading, type RecordId, type RecordKey, type RecordSet, recordId } from "#core/record.ts";
import { outcomeOf, throwIfCancelled, unread } from "#providers/_shared/answer-error.ts";
import { concurrently } from "#providers/_shared/concurrently.ts";
import type { Zone, Zones } from "#providers/_shared/zones.ts";

/** Up to so many keys of one zone are read one by one; more are picked from a list of the whole zone. */
export const FEW_KEYS = 4;

/** Requests under way at once: polite, and enough to hide the round trips. */
export const CONCURRENCY = 4;

export interface ZoneReaders<Z extends Zone> {
  one(zone: Z, key: RecordKey, signal: AbortSignal): Promise<Reading>;
  /** Keys that are missing from the result are absent. */
  all(zone: Z, keys: readonly RecordKey[], signal: AbortSignal): Promise<ReadonlyMap<RecordId, Reading>>;
}

/** One reading for each key: errors become `unread`, for those keys alone that they concern. */
export async function readByZone<Z extends Zone>(
  keys: readonly RecordKey[],
  zones: Zones<Z>,
  readers: ZoneReaders<Z>,
  signal: AbortSignal,
): Promise<ReadonlyMap<RecordId, Reading>> {
  const groups = await groupByZone(keys, (key) => key.name, zones, signal);
  const readings = await concurrently(groups, CONCURRENCY, async ([zone, group]) =>
    zone instanceof EsddnsError
      ? group.map((key): Entry => [recordId(key), unread(zone)])
      : readZone(zone, group, readers, signal),
  );
  return new Map(readings.flat());
}

type Entry = readonly [RecordId, Reading];

async function readZone<Z extends Zone>(
  zone: Z,
  keys: readonly RecordKey[],
  readers: ZoneReaders<Z>,
  signal: AbortSignal,
): Promise<readonly Entry[]> {
  if (keys.length <= FEW_KEYS) {
    return concurrently(keys, CONCURRENCY, async (key): Promise<Entry> => {
      const reading = await readers.one(zone, key, signal).catch(unread);
      return [recordId(key), reading];
    });
  }
  const found = await readers.all(zone, keys, signal).catch(unread);
  return keys.map((key): Entry => {
    const id = recordId(key);
    return [id, "kind" in found ? found : (found.get(id) ?? { kind: "absent" })];
  });
}

/** Readings for {@link ZoneReaders.all}: what cannot be converted is unread, and harms no other. */
export function pickReadings(
  keys: readonly RecordKey[],
  pick: (key: RecordKey) => RecordSet | undefined,
): ReadonlyMap<RecordId, Reading> {
  return new Map(
    keys.map((key): Entry => {
      try {
        return [recordId(key), readingOf(pick(key))];
      } catch (error) {
        return [recordId(key), unread(error)];
      }
    }),
  );
}

export function readingOf(set: RecordSet | undefined): Reading {
  return set ? { kind: "present", set } : { kind: "absent" };
}

/**
 * One outcome for each change, in their order.
 *
 * @param apply makes the changes of one zone; what it throws is the outcome of all of them
 */
export async function applyByZone<Z extends Zone>(
  changes: readonly Change[],
  zones: Zones<Z>,
  apply: (zone: Z, changes: readonly Change[], signal: AbortSignal) => Promise<readonly Outcome[]>,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const groups = await groupByZone(changes, (change) => change.after.name, zones, signal);
  const outcomes = new Map<Change, Outcome | undefined>();
  await concurrently(groups, CONCURRENCY, async ([zone, group]) => {
    const results = await attemptAll(group, async () => {
      if (zone instanceof EsddnsError) throw zone;
      return apply(zone, group, signal);
    });
    for (const [index, change] of group.entries()) outcomes.set(change, results[index]);
  });
  return throwIfCancelled(
    changes.map((change) => {
      const outcome = outcomes.get(change);
      if (!outcome) throw new TypeError(`no outcome for ${recordId(change.after)}`);
      return outcome;
    }),
  );
}

/** One attempt to write, as an outcome. @throws (rejects) bugs alone */
export async function attempt(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    return outcomeOf(error);
  }
}

async function attemptAll(
  group: readonly Change[],
  work: () => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  try {
    return await work();
  } catch (error) {
    const outcome = outcomeOf(error);
    return group.map(() => outcome);
  }
}

/** Items under their zone, or under the error that stands in its place. */
async function groupByZone<Z extends Zone, Item>(
  items: readonly Item[],
  nameOf: (item: Item) => DomainName,
  zones: Zones<Z>,
  signal: AbortSignal,
): Promise<readonly (readonly [Z | EsddnsError, readonly Item[]])[]> {
  if (items.length === 0) return [];
  try {
    const find = await zones.find(items.map(nameOf), signal);
    return [...Map.groupBy(items, (item) => find(nameOf(item)))];
  } catch (error) {
    if (!(error instanceof EsddnsError)) throw error;
    return [[error, items]];
  }
}
