import type { Episode, Measure, StoredHappening } from "#core/store.ts";
import {
  isRecordId,
  type NewRow,
  optional,
  readAddress,
  readDate,
  readFamily,
  readNumber,
  readSpan,
  readText,
  type Row,
} from "#store/columns.ts";
import { isBelief } from "#store/rows.ts";

export function episodeRow({ family, kind, address, from }: Episode): NewRow {
  return { family, kind, address: address?.text ?? null, began: from.getTime() };
}

/** Without its end, which follows from the next one. `undefined` as in `rows.ts`: it is passed over. */
export function readEpisode(row: Row): Episode | undefined {
  const { kind } = row;
  const family = readFamily(row["family"]);
  const from = readDate(row["began"]);
  if (!family || !from || !(kind === "unwatched" || isBelief(kind))) return undefined;
  return { family, kind, from, ...optional("address", readAddress(row["address"])) };
}

export function measureRow({ roundTrip, at, ...counts }: Measure): NewRow {
  return {
    ...counts,
    at: at.getTime(),
    mean: roundTrip?.mean ?? null,
    fastest: roundTrip?.min ?? null,
    slowest: roundTrip?.max ?? null,
  };
}

export function readMeasure(row: Row): Measure | undefined {
  const family = readFamily(row["family"]);
  const at = readDate(row["at"]);
  const witness = readText(row["witness"]);
  const operator = readText(row["operator"]);
  if (!family || !at || witness === undefined || operator === undefined) return undefined;
  return {
    family,
    at,
    witness,
    operator,
    asked: readNumber(row["asked"]) ?? 0,
    answered: readNumber(row["answered"]) ?? 0,
    agreed: readNumber(row["agreed"]) ?? 0,
    differed: readNumber(row["differed"]) ?? 0,
    ...optional("roundTrip", readRoundTrip(row)),
  };
}

export function happeningRow(happening: StoredHappening): NewRow {
  const { kind, at, title, family, record, provider, witness, detail } = happening;
  return {
    kind,
    at: at.getTime(),
    title,
    family: family ?? null,
    record: record ?? null,
    provider: provider ?? null,
    witness: witness ?? null,
    detail: detail ?? null,
  };
}

export function readHappening(row: Row): StoredHappening | undefined {
  const { record } = row;
  const kind = readText(row["kind"]);
  const at = readDate(row["at"]);
  const title = readText(row["title"]);
  if (kind === undefined || !at || title === undefined) return undefined;
  return {
    kind,
    at,
    title,
    ...optional("family", readFamily(row["family"])),
    ...optional("record", isRecordId(record) ? record : undefined),
    ...optional("provider", readText(row["provider"])),
    ...optional("witness", readText(row["witness"])),
    ...optional("detail", readText(row["detail"])),
  };
}

function readRoundTrip(row: Row): Measure["roundTrip"] {
  const mean = readSpan(row["mean"]);
  const min = readSpan(row["fastest"]);
  const max = readSpan(row["slowest"]);
  return mean === undefined || min === undefined || max === undefined ? undefined : { mean, min, max };
}
