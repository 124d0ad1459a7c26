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
