import type { Provider } from "#core/provider.ts";
import { type RecordKey, recordId } from "#core/record.ts";
import type { Zone, Zones } from "#providers/_shared/zones.ts";

/**
 * The check of a provider that can read: finds the zone of every key, and reads the keys.
 *
 * @returns a sentence for the credentials, one for each zone, one for each key
 * @throws the first reason why something cannot be found or read
 */
export async function checkByReading<Z extends Zone>(
  title: string,
  zones: Zones<Z>,
  read: Provider["read"],
  keys: readonly RecordKey[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const find = await zones.find(
    keys.map((key) => key.name),
    signal,
  );
  const found = keys.map((key) => {
    const zone = find(key.name);
    if (zone instanceof Error) throw zone;
    return zone.name;
  });
  const readings = await read(keys, signal);
  const sentences = keys.map((key) => {
    const reading = readings.get(recordId(key));
    if (reading?.kind === "unread") throw reading.error;
    if (reading?.kind !== "present") return `${recordId(key)} does not exist yet`;
    return `${recordId(key)} is ${reading.set.values.map((address) => address.text).join(", ")}`;
  });
  return [
    `${title} accepts the credentials`,
    ...[...new Set(found)].toSorted().map((zone) => `${title} holds the zone ${zone}`),
    ...sentences,
  ];
}
