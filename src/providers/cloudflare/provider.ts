import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Capabilities, Provider } from "#core/provider.ts";
import { type RecordId, type RecordKey, recordId, sameValues } from "#core/record.ts";
import { isNotFound } from "#providers/_shared/answer-error.ts";
import {
  applyByZone,
  attempt,
  CONCURRENCY,
  pickReadings,
  readByZone,
  readingOf,
  type ZoneReaders,
} from "#providers/_shared/by-zone.ts";
import { checkByReading } from "#providers/_shared/check.ts";
import { concurrently } from "#providers/_shared/concurrently.ts";
import type { Zone, Zones } from "#providers/_shared/zones.ts";
import type { CloudflareApi } from "#providers/cloudflare/api.ts";
import {
  type CloudflareDefaults,
  type CloudflareRecord,
  fromCloudflare,
  operationsFor,
} from "#providers/cloudflare/convert.ts";
import { type Task, writeAll, writeOne } from "#providers/cloudflare/write.ts";

/** There is no API for record sets: records that share a name and a type are reconciled by their ids. */
export function createCloudflare(
  api: CloudflareApi,
  zones: Zones<Zone>,
  capabilities: Capabilities,
  defaults: CloudflareDefaults,
): Provider {
  // The records behind the last reading: the write that follows needs their ids, and no further request
  const lastRead = new Map<RecordId, readonly CloudflareRecord[]>();
  const remember = (key: RecordKey, records: readonly CloudflareRecord[]) => {
    lastRead.set(recordId(key), records);
    return fromCloudflare(key, records);
  };
  const readers: ZoneReaders<Zone> = {
    async one(zone, key, signal) {
      return readingOf(remember(key, await api.recordsOf(zone, key, signal)));
    },
    async all(zone, keys, signal) {
      const types = [...new Set(keys.map((key) => key.type))];
      const lists = await concurrently(types, CONCURRENCY, (type) => api.allRecords(zone, type, signal));
      const byId = Map.groupBy(lists.flat(), ({ name, type }) => `${name.toLowerCase()}/${type}`);
      return pickReadings(keys, (key) => remember(key, byId.get(recordId(key)) ?? []));
    },
  };
  const read: Provider["read"] = (keys, signal) => readByZone(keys, zones, readers, signal);

  async function applyInZone(
    zone: Zone,
    changes: readonly Change[],
    signal: AbortSignal,
  ): Promise<readonly Outcome[]> {
    const outcomes = new Map<Change, Outcome>();
    const tasks: Task[] = [];
    await concurrently(changes, CONCURRENCY, async (change) => {
      const outcome = await attempt(async () => {
        const records = takeLastRead(change) ?? (await api.recordsOf(zone, change.after, signal));
        const operations = operationsFor(change, records, defaults);
        if (operations.length > 0) tasks.push({ change, operations });
        return { kind: "unchanged" };
      });
      outcomes.set(change, outcome);
    });
    for (const [{ change }, outcome] of await writeAll(api, zone, tasks, signal)) {
      outcomes.set(change, isGone(outcome) ? await startOver(zone, change, signal) : outcome);
    }
    return changes.map((change) => outcomes.get(change) ?? { kind: "unchanged" });
  }

  /** Only what the plan was made from: other records would be reconciled with the wrong intent. */
  function takeLastRead(change: Change): readonly CloudflareRecord[] | undefined {
    const id = recordId(change.after);
    const records = lastRead.get(id);
    lastRead.delete(id);
    const values = records && fromCloudflare(change.after, records)?.values;
    return records && sameValues(values ?? [], change.before?.values ?? []) ? records : undefined;
  }

  /** A record with an id of ours was deleted since the reading: its set is read again, once. */
  function startOver(zone: Zone, change: Change, signal: AbortSignal): Promise<Outcome> {
    return attempt(async () => {
      const records = await api.recordsOf(zone, change.after, signal).catch((error: unknown) => {
        if (isNotFound(error)) zones.forget();
        throw error;
      });
      const operations = operationsFor(change, records, defaults);
      return operations.length > 0
        ? writeOne(api, zone, { change, operations }, signal)
        : { kind: "unchanged" };
    });
  }

  return {
    capabilities,
    read,
    apply: (changes, signal) =>
      applyByZone(changes, zones, (zone, group) => applyInZone(zone, group, signal), signal),
    check: (keys, signal) => checkByReading("Cloudflare", zones, read, keys, signal),
  };
}

function isGone(outcome: Outcome): boolean {
  return outcome.kind === "refused" && outcome.cause === "not-found";
}
