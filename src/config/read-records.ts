import { ConfigError } from "#core/errors.ts";
import type { Ability, Capabilities } from "#core/provider.ts";
import { type DesiredRecord, recordId } from "#core/record.ts";
import { type DomainName, isWildcard, isWithin, parseDomainName } from "#core/name.ts";
import type { z } from "zod";
import type { ConfiguredProvider } from "#config/configuration.ts";
import type { Findings } from "#config/findings.ts";
import { parseAt } from "#config/parse.ts";
import { isMapping, type Path } from "#config/raw.ts";
import type { Providers } from "#config/read-providers.ts";
import { recordSchema } from "#config/schema.ts";
import { didYouMean } from "#config/suggest.ts";

type Entry = z.output<typeof recordSchema>;

export function readRecords(
  value: unknown,
  providers: Providers,
  findings: Findings,
): readonly DesiredRecord[] {
  if (!Array.isArray(value) || value.length === 0) {
    const is = value === undefined ? "missing" : Array.isArray(value) ? "empty" : "no list";
    findings.problem(
      ["records"],
      `Cannot read "records": it is ${is}, expected a list with at least one record`,
    );
    return [];
  }
  const records: DesiredRecord[] = [];
  const seen = new Map<string, number>();
  for (const [index, item] of value.entries()) {
    const path = ["records", index];
    const entry = parseAt(recordSchema, item, path, findings);
    const provider = entry && pickProvider(entry, providers, path, findings);
    for (const record of entry ? recordsOf(entry, provider?.name ?? "") : []) {
      const earlier = seen.get(recordId(record));
      if (earlier !== undefined) reportDuplicate(record, earlier, path, findings);
      seen.set(recordId(record), index);
      if (provider) checkCapabilities(record, provider, path, findings);
      records.push(Object.freeze(record));
    }
  }
  return records;
}

function recordsOf(entry: Entry, provider: string): readonly DesiredRecord[] {
  return [...new Set(entry.types)].map((type) => ({
    name: entry.name,
    type,
    provider,
    mode: entry.mode,
    ...(entry.ttl === undefined ? {} : { ttl: entry.ttl }),
    ...(entry.suffix === undefined || type === "A" ? {} : { hostSuffix: entry.suffix }),
  }));
}

/** The provider to check the record against; none when it is missing, or wrong itself. */
function pickProvider(
  entry: Entry,
  providers: Providers,
  path: Path,
  findings: Findings,
): ConfiguredProvider | undefined {
  if (entry.suffix && !entry.types.includes("AAAA")) {
    const message = `Cannot use "suffix" for "${entry.name}": its types are ${entry.types.join(", ")}, expected AAAA`;
    findings.problem([...path, "suffix"], message, "add AAAA to `types`, or remove the suffix");
  }
  const names = [...providers.keys()];
  const [only] = names;
  const name = entry.provider ?? (names.length === 1 ? only : undefined);
  if (name !== undefined && providers.has(name)) return providers.get(name);
  // Without any provider that is the problem already
  if (names.length === 0) return undefined;
  const expected = `expected one of ${names.join(", ")}`;
  if (name === undefined) {
    findings.problem(
      path,
      `Cannot publish "${entry.name}": it names no "provider" and there are several, ${expected}`,
    );
  } else {
    const message = `Cannot publish "${entry.name}": there is no provider "${name}", ${expected}`;
    findings.problem([...path, "provider"], message, didYouMean(name, names));
  }
  return undefined;
}

function reportDuplicate(record: DesiredRecord, earlier: number, path: Path, findings: Findings): void {
  const message = `Cannot publish "${record.name}" ${record.type} twice: entry ${earlier + 1} of "records" has it already`;
  findings.problem(path, message, "keep one of the two");
}

function checkCapabilities(
  record: DesiredRecord,
  provider: ConfiguredProvider,
  path: Path,
  findings: Findings,
): void {
  const can = provider.definition.capabilities(provider.config);
  const zone = zoneOf(provider.config);
  const refuse = (key: string | undefined, what: string, ability: Ability) => {
    if (ability === "yes") return;
    const message = `Cannot publish "${record.name}" ${what} at "${provider.name}": ${ability.no}`;
    findings.problem(
      key === undefined ? path : [...path, key],
      message,
      `see ${provider.definition.docsUrl}`,
    );
  };
  refuse("types", `as ${record.type}`, can.types[record.type]);
  if (isWildcard(record.name)) refuse("name", "as a wildcard", can.wildcard);
  if (isApex(record.name, zone)) refuse("name", "as the zone itself", can.apex);
  if (record.mode === "merge") refuse("mode", "with `mode: merge`", can.multipleValues);
  checkTtl(record, provider, can.ttl, path, findings);
  if (zone && !isWithin(record.name, zone)) {
    const message = `Cannot publish "${record.name}" at "${provider.name}": it is not within the zone "${zone}"`;
    findings.problem([...path, "name"], message);
  }
}

function checkTtl(
  { name, ttl }: DesiredRecord,
  provider: ConfiguredProvider,
  limits: Capabilities["ttl"],
  path: Path,
  findings: Findings,
): void {
  if (ttl === undefined) return;
  const at = [...path, "ttl"];
  const { title, docsUrl } = provider.definition;
  if ("no" in limits) {
    const message = `Cannot set the TTL of "${name}" at "${provider.name}": ${limits.no}`;
    findings.problem(at, message, "remove `ttl`");
  } else if (ttl < limits.min || ttl > limits.max) {
    const expected = `${title} takes ${limits.min} to ${limits.max} seconds`;
    findings.problem(at, `Cannot use a TTL of ${ttl} for "${name}": ${expected}`, `see ${docsUrl}`);
  }
}

/** The zone, where the provider is configured with one; others find it when they are asked. */
function zoneOf(config: unknown): DomainName | undefined {
  const zone = isMapping(config) ? config["zone"] : undefined;
  try {
    return typeof zone === "string" ? parseDomainName(zone) : undefined;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** Certain only when the zone is known, or when nothing above the name could be one. */
function isApex(name: DomainName, zone: DomainName | undefined): boolean {
  return zone === undefined ? name.split(".").length === 2 && !isWildcard(name) : name === zone;
}
