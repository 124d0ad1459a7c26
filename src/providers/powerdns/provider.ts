import { describeError, EsddnsError } from "#core/errors.ts";
import { isSuccess, type Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Log } from "#core/ports.ts";
import type { Capabilities, Provider } from "#core/provider.ts";
import type { RecordKey } from "#core/record.ts";
import { UnconfirmedWrite } from "#providers/_shared/answer-error.ts";
import {
  applyByZone,
  attempt,
  pickReadings,
  readByZone,
  readingOf,
  type ZoneReaders,
} from "#providers/_shared/by-zone.ts";
import { checkByReading } from "#providers/_shared/check.ts";
import { concurrently } from "#providers/_shared/concurrently.ts";
import type { Zones } from "#providers/_shared/zones.ts";
import { findRecordSet, type PowerdnsApi, type PowerdnsZone } from "#providers/powerdns/api.ts";
import { fromPowerdns, type PowerdnsRecordSet, toPowerdns } from "#providers/powerdns/convert.ts";

type CurrentSet = (key: RecordKey) => PowerdnsRecordSet | undefined;

/** Zones whose secondary servers learn of a change from this one (`Primary` is the newer word). */
const NOTIFYING_KINDS: readonly string[] = ["Master", "Primary", "Producer"];

export function createPowerdns(
  api: PowerdnsApi,
  zones: Zones<PowerdnsZone>,
  capabilities: Capabilities,
  log: Log,
): Provider {
  const readers: ZoneReaders<PowerdnsZone> = {
    async one(zone, key, signal) {
      const set = await api.recordSet(zone, key, signal);
      return readingOf(set && fromPowerdns(key, set));
    },
    async all(zone, keys, signal) {
      const sets = await api.recordSets(zone, signal);
      return pickReadings(keys, (key) => {
        const set = findRecordSet(sets, key);
        return set && fromPowerdns(key, set);
      });
    },
  };
  const read: Provider["read"] = (keys, signal) => readByZone(keys, zones, readers, signal);

  async function applyInZone(zone: PowerdnsZone, changes: readonly Change[], signal: AbortSignal) {
    // A REPLACE takes disabled records away, and a reading of single sets does not show them (4.7)
    const sets = await api.recordSets(zone, signal);
    const current = (key: RecordKey) => findRecordSet(sets, key);
    const together = await patch(zone, changes, current, signal);
    const outcomes = isOnesFault(together, changes)
      ? await concurrently(changes, 1, (change) => patch(zone, [change], current, signal))
      : changes.map(() => together);
    if (outcomes.some(isSuccess) && NOTIFYING_KINDS.includes(zone.kind)) await notify(zone, signal);
    return outcomes;
  }

  function patch(
    zone: PowerdnsZone,
    changes: readonly Change[],
    current: CurrentSet,
    signal: AbortSignal,
  ): Promise<Outcome> {
    return attempt(async () => {
      const sets = changes.map(({ after }) => toPowerdns(after, current(after)));
      await api.patch(zone, sets, signal);
      return { kind: "applied" };
    });
  }

  /** The change itself is made; that it is spread a minute later is no reason to call it failed. */
  async function notify(zone: PowerdnsZone, signal: AbortSignal): Promise<void> {
    try {
      await api.notify(zone, signal);
    } catch (error) {
      if (!(error instanceof EsddnsError)) throw error;
      const cause = error instanceof UnconfirmedWrite ? error.cause : error;
      log.warn("The secondary servers could not be notified", {
        zone: zone.name,
        error: describeError(cause),
      });
    }
  }

  return {
    capabilities,
    read,
    apply: (changes, signal) =>
      applyByZone(changes, zones, (zone, group) => applyInZone(zone, group, signal), signal),
    check: (keys, signal) => checkByReading("PowerDNS", zones, read, keys, signal),
  };
}

/** One bad record spoils the whole request, and must not hold up the others. */
function isOnesFault(outcome: Outcome, changes: readonly Change[]): boolean {
  return outcome.kind === "refused" && outcome.cause !== "authentication" && changes.length > 1;
}
