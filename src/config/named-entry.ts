import type { Findings } from "#config/findings.ts";
import { isMapping, type Path } from "#config/raw.ts";
import { lookUp } from "#config/registries.ts";
import { closest, didYouMean } from "#config/suggest.ts";

/** Names are part of logs, metrics and paths of problems, so they stay simple words. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/**
 * The definition that an entry names by its `type`, and its other keys; `undefined` when it cannot be told.
 *
 * @param kind what the entry is, for people
 * @param path ends with the entry's name
 */
export function readNamedEntry<Definition>(
  kind: "notifier" | "provider",
  value: unknown,
  definitions: Readonly<Record<string, Definition>>,
  path: readonly [string, string],
  findings: Findings,
): { readonly definition: Definition; readonly rest: Readonly<Record<string, unknown>> } | undefined {
  const [, name] = path;
  if (!NAME.test(name)) {
    const expected = "letters, digits, - and _, 63 at most";
    findings.problem(
      path,
      `Cannot use the ${kind} name "${name}": it is no simple word, expected ${expected}`,
    );
  }
  if (!isMapping(value)) {
    findings.problem(path, `Cannot read the ${kind} "${name}": it has no keys, expected at least "type"`);
    return undefined;
  }
  const { type, ...rest } = value;
  const definition = typeof type === "string" ? lookUp(definitions, type) : undefined;
  if (definition) return { definition, rest };
  reportType(kind, type, Object.keys(definitions), path, findings);
  return undefined;
}

function reportType(
  kind: string,
  type: unknown,
  ids: readonly string[],
  path: Path,
  findings: Findings,
): void {
  const at = type === undefined ? path : [...path, "type"];
  const is = describeType(type, ids);
  const hint = typeof type === "string" ? didYouMean(type, ids) : undefined;
  findings.problem(at, `Cannot use the ${kind} "${path[1] ?? ""}": its "type" is ${is}`, hint);
}

/** Repeats the word only when it is close to a type: a secret in the wrong place is not repeated. */
function describeType(type: unknown, ids: readonly string[]): string {
  if (type === undefined) return `missing, expected one of ${ids.join(", ")}`;
  const isClose = typeof type === "string" && closest(type, ids) !== undefined;
  return `${isClose ? `"${type}"` : "unknown"}, expected one of ${ids.join(", ")}`;
}
