import type { ConfiguredSource } from "#config/configuration.ts";
import type { Findings } from "#config/findings.ts";
import { parseAt } from "#config/parse.ts";
import { isMapping } from "#config/raw.ts";
import { DEFAULT_SOURCES, lookUp, type Registries } from "#config/registries.ts";
import { didYouMean } from "#config/suggest.ts";
import { operatorOfHost } from "#sources/_shared/operator-of-host.ts";
import type { SourceDefinition } from "#sources/definition.ts";

/**
 * Which sources the file switches on, with the value of each: absent means the curated defaults; a file that
 * only switches some off (`false`) means the defaults without those; otherwise exactly the ones it names.
 */
export function selectedSources(value: unknown, { sources }: Registries): ReadonlyMap<string, unknown> {
  const entries = isMapping(value) ? Object.entries(value) : [];
  const named = entries.filter(([, entry]) => entry !== false);
  if (named.length > 0) return new Map(named);
  const off = new Set(entries.map(([kind]) => kind));
  const kinds = DEFAULT_SOURCES.filter((kind) => sources[kind] && !off.has(kind));
  return new Map(kinds.map((kind) => [kind, true]));
}

export function readSources(
  value: unknown,
  registries: Registries,
  findings: Findings,
): readonly ConfiguredSource[] {
  if (value !== undefined && !isMapping(value)) {
    findings.problem(
      ["sources"],
      'Cannot read "sources": it has no keys, expected a mapping by kind of source',
    );
    return [];
  }
  reportUnknownKinds(value ?? {}, registries, findings);
  const selected = selectedSources(value, registries);
  if (selected.size === 0) {
    findings.problem(["sources"], 'Cannot use "sources": every one is switched off, expected at least one');
  }
  return [...selected].flatMap(([kind, entry]) => {
    const definition = lookUp(registries.sources, kind);
    return definition ? readSource(definition, entry, findings) : [];
  });
}

/** What `kind: true` stands for: whatever the schema makes of nothing. */
export function sourceInput(definition: SourceDefinition, value: unknown): unknown {
  return value === true && !definition.config.safeParse(true).success ? {} : value;
}

function readSource(
  definition: SourceDefinition,
  value: unknown,
  findings: Findings,
): readonly ConfiguredSource[] {
  const before = findings.count;
  const config = parseAt(
    definition.config,
    sourceInput(definition, value),
    ["sources", definition.kind],
    findings,
  );
  return findings.count === before ? [Object.freeze({ definition, config })] : [];
}

function reportUnknownKinds(
  value: Readonly<Record<string, unknown>>,
  { sources }: Registries,
  findings: Findings,
): void {
  const kinds = Object.keys(sources);
  for (const kind of Object.keys(value)) {
    if (Object.hasOwn(sources, kind)) continue;
    const hint = didYouMean(kind, kinds) ?? `the sources are ${kinds.join(", ")}`;
    findings.problem(["sources", kind], `Cannot use the source "${kind}": there is no such source`, hint);
  }
}

/**
 * How many operators the sources can have at the most, or `undefined` when that cannot be known from the file
 * alone (curated defaults, lists by URL).
 */
export function countOperators(sources: ReadonlyMap<string, unknown>): number | undefined {
  const operators = new Set<string>();
  for (const [kind, value] of sources) {
    const listed = isMapping(value) ? Object.entries(value).filter(([, entry]) => Array.isArray(entry)) : [];
    if (LOCAL_SOURCES.has(kind)) operators.add(kind);
    else if (listed.length !== 1) return undefined;
    for (const [key, entries] of LOCAL_SOURCES.has(kind) ? [] : listed) {
      if (key !== "servers" && key !== "services") return undefined;
      for (const entry of Array.isArray(entries) ? entries : []) operators.add(operatorOf(entry));
    }
  }
  return operators.size;
}

/** Sources that testify once, with one vote, whatever is configured. */
const LOCAL_SOURCES: ReadonlySet<string> = new Set(["interface", "static", "command", "file"]);

/** As the sources themselves count: the named operator, else the one of the host. */
function operatorOf(entry: unknown): string {
  if (!isMapping(entry)) return JSON.stringify(entry);
  const { operator, host = entry["server"], url } = entry;
  if (typeof operator === "string") return operator.trim().toLowerCase();
  if (typeof host === "string" && host !== "") return operatorOfHost(host);
  const parsed = typeof url === "string" ? URL.parse(url) : null;
  return parsed?.hostname ? operatorOfHost(parsed.hostname) : JSON.stringify(entry);
}
