import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import type { RecordId } from "#core/record.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";

export type Row = Readonly<Record<string, SQLOutputValue>>;
export type NewRow = Record<string, SQLInputValue>;

export function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [K in Name]?: Value } {
  const part: { [K in Name]?: Value } = {};
  if (value !== undefined) part[name] = value;
  return part;
}

export function readAddress(value: SQLOutputValue | undefined): Address | undefined {
  return typeof value === "string" ? parseAddress(value) : undefined;
}

export function readNumber(value: SQLOutputValue | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

export function readDate(value: SQLOutputValue | undefined): Date | undefined {
  return typeof value === "number" ? new Date(value) : undefined;
}

export function readList(value: SQLOutputValue | undefined): readonly string[] {
  try {
    const list: unknown = typeof value === "string" ? JSON.parse(value) : [];
    return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
  } catch {
    return [];
  }
}

export function isRecordId(value: SQLOutputValue | undefined): value is RecordId {
  return typeof value === "string" && /^[^/]+\/(A|AAAA)$/.test(value);
}

export function readText(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function readSpan(value: SQLOutputValue | undefined): Milliseconds | undefined {
  return typeof value === "number" ? milliseconds(value) : undefined;
}

export function readFamily(value: SQLOutputValue | undefined): Family | undefined {
  return value === 4 || value === 6 ? value : undefined;
}
