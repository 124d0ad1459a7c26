import type { ConfigurationNote, ConfigurationReport, EffectiveValue } from "#service/context.ts";

export interface ValueRow {
  /** Below the group's path. */
  readonly key: string;
  readonly path: string;
  /** As it would stand in the file; empty for what is not set. */
  readonly value: string;
  readonly isSet: boolean;
  /** A line of the file is named by its number alone. */
  readonly origin: string;
  readonly isDefault: boolean;
}

export interface ValueGroup {
  /** E.g. `schedule`, or `records 1`. */
  readonly title: string;
  readonly rows: readonly ValueRow[];
}

export interface ConfigurationModel {
  readonly file: string;
  readonly summary: string;
  readonly problems: readonly ConfigurationNote[];
  readonly warnings: readonly ConfigurationNote[];
  readonly groups: readonly ValueGroup[];
}

export function configurationModel({ file, values, notes }: ConfigurationReport): ConfigurationModel {
  const rows = values.map((value) => ({ title: titleOf(value.path), row: rowOf(value, file) }));
  const groups = [...Map.groupBy(rows, ({ title }) => title)].map(([title, own]) => ({
    title,
    rows: own.map(({ row }) => row),
  }));
  const said = values.filter(({ origin }) => origin !== "default").length;
  return {
    file,
    summary: `${values.length} values: ${said} as configured, ${values.length - said} by default`,
    problems: notes.filter(({ severity }) => severity === "problem"),
    warnings: notes.filter(({ severity }) => severity === "warning"),
    groups,
  };
}

/** An item of a list is a group of its own, counted as people do. */
function titleOf(path: string): string {
  const [first = "", second = ""] = path.split(".");
  return isIndex(second) ? `${first} ${Number(second) + 1}` : first;
}

function rowOf({ path, value, origin }: EffectiveValue, file: string): ValueRow {
  const [first = "", ...rest] = path.split(".");
  const below = isIndex(rest[0]) ? rest.slice(1) : rest;
  return {
    key: below.join(".") || first,
    path,
    value: value === null ? "" : String(value),
    isSet: value !== null && value !== "",
    origin: originWords(origin, file),
    isDefault: origin === "default",
  };
}

function originWords(origin: string, file: string): string {
  const names = [file, file.slice(file.lastIndexOf("/") + 1)];
  const name = names.find((each) => origin.startsWith(`${each}:`));
  return name === undefined ? origin : `line ${origin.slice(name.length + 1)}`;
}

function isIndex(part: string | undefined): boolean {
  return part !== undefined && /^\d+$/.test(part);
}
