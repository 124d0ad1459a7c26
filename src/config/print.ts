import type { Configuration } from "#config/configuration.ts";
import { effectiveConfiguration, type Origin } from "#config/effective.ts";
import { type LoadOptions, readConfiguration, unusable } from "#config/load.ts";
import { isMapping, type Path } from "#config/raw.ts";
import { renderYaml } from "#config/render.ts";

/**
 * Every value in force and where it comes from; secrets print as `•••`.
 *
 * @param options.format `yaml`: the form of the file, the origin behind each value; `json`: an object with
 *   `values` in that form, `origins` by dotted path, and the `file`
 * @throws {ConfigError} (rejects) with every problem
 */
export async function printConfiguration(
  options: LoadOptions,
  { format }: { readonly format: "json" | "yaml" },
): Promise<string> {
  const { configuration, problems, raw, folder, file } = await readConfiguration(options);
  if (!configuration) throw unusable(file, problems);
  const { values, originOf } = effectiveConfiguration(configuration, raw, { ...options, folder });
  if (format === "yaml") return renderYaml(values, (path) => describeOrigin(originOf(path)));
  const leaves = leafPaths(values, []).map((path) => [path.join("."), originOf(path)]);
  return `${JSON.stringify({ file, values, origins: Object.fromEntries(leaves) }, null, 2)}\n`;
}

/** One value in force: its dotted path, the value with secrets masked, and where it comes from. */
export interface EffectiveValue {
  readonly path: string;
  readonly value: boolean | number | string | null;
  readonly origin: string;
}

/** A configuration that can be used, with where each of its values comes from. */
export interface LoadedConfiguration {
  readonly configuration: Configuration;
  readonly values: readonly EffectiveValue[];
}

/** @throws {ConfigError} (rejects) with every problem */
export async function loadWithOrigins(options: LoadOptions): Promise<LoadedConfiguration> {
  const { configuration, problems, raw, folder, file } = await readConfiguration(options);
  if (!configuration) throw unusable(file, problems);
  const { values, originOf } = effectiveConfiguration(configuration, raw, { ...options, folder });
  const leaves = leafPaths(values, []).map((path) => ({
    path: path.join("."),
    value: scalarAt(values, path),
    origin: describeOrigin(originOf(path)),
  }));
  return { configuration, values: leaves };
}

/** An empty list or mapping is a leaf, too. */
function scalarAt(value: unknown, [key, ...rest]: Path): EffectiveValue["value"] {
  if (key !== undefined) {
    if (Array.isArray(value)) return scalarAt(value[Number(key)], rest);
    return isMapping(value) ? scalarAt(value[key], rest) : null;
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return null;
}

/** `esddns.yaml:12`, `dns.ini:9 gandi.record_ttl, $RECORD_TTL`, `$STATE_DIRECTORY`, `default`. */
function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case "default":
      return "default";
    case "env":
      return `$${origin.name}`;
    case "file": {
      const key = origin.key === undefined ? "" : ` ${origin.key}`;
      const variable = origin.env === undefined ? "" : `, $${origin.env}`;
      return `${origin.file}:${origin.line}${key}${variable}`;
    }
  }
}

function leafPaths(value: unknown, path: Path): readonly Path[] {
  const entries = Array.isArray(value) ? [...value.entries()] : isMapping(value) ? Object.entries(value) : [];
  if (entries.length === 0) return [path];
  return entries.flatMap(([key, entry]) => leafPaths(entry, [...path, key]));
}
