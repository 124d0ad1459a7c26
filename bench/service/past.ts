import { type Address, FAMILIES, type Family, parseAddress } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import { recordId } from "#core/record.ts";
import { type Archive, type Measure, MEASURE_SPAN } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { operator } from "#core/witness.ts";
import { createClock } from "#platform/clock.ts";
import { openStore } from "#store/open-store.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const DAY = 86_400_000;
const LINES = 10_000;
const HAPPENINGS = 1000;
/** A line whose address changes twice a day. */
const EPISODE = DAY / 2;

export interface Past {
  readonly days: number;
  /** Ids with their operators, as the daemon will have them. */
  readonly witnesses: readonly { readonly id: string; readonly operator: string }[];
  readonly names: readonly string[];
}

/** Writes the store of a daemon that has run for a while, by the store's own code. */
export function writePast(path: string, past: Past): void {
  const store = openStore({ path, log: new MemoryLog(), clock: createClock() });
  const now = Date.now();
  const first = now - past.days * DAY;
  for (const family of FAMILIES) {
    for (let at = first; at < now; at += EPISODE)
      store.beginEpisode({ family, kind: "known", address: addressAt(family, at), from: new Date(at) });
  }
  for (let at = floor(first); at < floor(now); at += MEASURE_SPAN) store.addMeasures(measuresAt(past, at));
  addLines(store, past, first, now);
  store.close();
}

function measuresAt({ witnesses }: Past, at: number): readonly Measure[] {
  return FAMILIES.flatMap((family) =>
    witnesses.map(({ id, operator: name }, index) => {
      const mean = milliseconds(40 + index + ((at / MEASURE_SPAN) % 7));
      const counts = { asked: 12, answered: 12, agreed: 12, differed: 0 };
      const roundTrip = { mean, min: milliseconds(mean - 3), max: milliseconds(mean + 9) };
      return { at: new Date(at), family, witness: id, operator: operator(name), ...counts, roundTrip };
    }),
  );
}

function addLines(store: Archive, { names }: Past, first: number, now: number): void {
  for (let index = 0; index < LINES; index += 1) {
    const at = first + (index * (now - first)) / LINES;
    const name = names[index % names.length] ?? "";
    const [before, after] = [addressAt(4, at - EPISODE).text, addressAt(4, at).text];
    const record = recordId({ name: parseDomainName(name), type: "A" });
    store.addHistory({
      at: new Date(at),
      record,
      provider: "api",
      before: [before],
      after: [after],
      reason: "address-changed",
      outcome: "applied",
      took: milliseconds(180),
      converged: milliseconds(2400),
      operators: ["operator1", "operator2", "operator6"],
      sight: milliseconds(420),
    });
    if (index % (LINES / HAPPENINGS) !== 0) continue;
    const title = `${name} A is now ${after}`;
    const detail = `before: ${before}; written at api in 180 ms`;
    store.addHappening({ kind: "record-changed", at: new Date(at), record, provider: "api", title, detail });
  }
}

function addressAt(family: Family, at: number): Address {
  const number = Math.floor(at / EPISODE) % 250;
  const address = parseAddress(family === 4 ? `44.128.40.${1 + number}` : `2a10:ed1:${200 + number}::10`);
  if (!address) throw new RangeError("no address");
  return address;
}

function floor(at: number): number {
  return Math.floor(at / MEASURE_SPAN) * MEASURE_SPAN;
}
