import { z } from "zod";
import { isMapping, type Path } from "#config/raw.ts";
import { closest, didYouMean } from "#config/suggest.ts";

/** What is wrong, in the house's words. Values are shown only where they cannot be a misplaced secret. */
export interface Explanation {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string | undefined;
}

type Issue = z.core.$ZodIssue;
type UnionIssue = Extract<Issue, { code: "invalid_union" }>;

/**
 * For `safeParse`: leaves every message that a schema did not write itself empty, for {@link explainIssues} to
 * fill, and hands over which keys an object knows.
 */
export function leaveUnexplained(issue: z.core.$ZodRawIssue): string {
  const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
  return issue.code === "unrecognized_keys" ? known.join("\n") : "";
}

/** A schema's own message may carry a hint on its second line. */
export function withHint(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message}\n${hint}`;
}

/** @param value what was parsed, for the issues' paths to lead into */
export function explainIssues(issues: readonly Issue[], value: unknown, at: Path): readonly Explanation[] {
  return issues.flatMap((issue) => explainIssue(issue, value, at));
}

function explainIssue(issue: Issue, root: unknown, at: Path): readonly Explanation[] {
  const inner = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
  const path = [...at, ...inner];
  const value = valueAt(root, inner);
  if (issue.code === "unrecognized_keys")
    return explainUnknownKeys(issue.keys, issue.message.split("\n"), path);
  if (issue.code === "invalid_union" && issue.message === "") return explainUnion(issue, value, path);
  if (issue.code === "invalid_key" || issue.code === "invalid_element") {
    return explainIssues(issue.issues, value, path);
  }
  const [own = "", hint = hintFor(issue, value)] = issue.message.split("\n");
  const reason = own === "" ? reasonFor(issue, value) : own;
  return [{ path, message: reason.startsWith("Cannot ") ? reason : `${subject(path)}: ${reason}`, hint }];
}

function explainUnknownKeys(
  keys: readonly string[],
  known: readonly string[],
  path: Path,
): readonly Explanation[] {
  const list = known.filter((key) => key !== "").join(", ");
  return keys.map((key) => ({
    path: [...path, key],
    message: `Cannot use the key "${key}": there is no such key${path.length > 0 ? ` in "${path.join(".")}"` : ""}`,
    hint: didYouMean(key, known) ?? (list === "" ? undefined : `the keys are ${list}`),
  }));
}

/** A value of several forms: blames the form that it resembles most. */
function explainUnion(issue: UnionIssue, value: unknown, path: Path): readonly Explanation[] {
  const shaped = issue.errors.filter((branch) => !branch.some((each) => isWrongKind(each)));
  const unknown = unknownEverywhere(shaped);
  if (unknown.keys.length > 0) return explainUnknownKeys(unknown.keys, unknown.known, path);
  const [best] = shaped.toSorted((a, b) => a.length - b.length);
  const isClear = shaped.length === 1 || (best?.some((each) => each.path.length > 0) ?? false);
  const isMissingAll = isMapping(value) && Object.keys(value).length === 0;
  if (best && isClear && !isMissingAll) return explainIssues(best, value, path);
  const authored = issue.errors.flat().find((each) => each.path.length === 0 && isAuthored(each));
  if (shaped.length === 0 && authored) return explainIssue(authored, value, path);
  const exclusive = shaped.flatMap((branch) => branch.flatMap((each) => ("keys" in each ? each.keys : [])));
  const message =
    exclusive.length > 0
      ? `${subject(path)}: it has ${list(exclusive, "and")}, expected one of them`
      : `${subject(path)}: it is ${kindOf(value)}, expected ${expectedOf(issue)}`;
  return [{ path, message, hint: enumHint(issue.errors.flat(), value) }];
}

function unknownEverywhere(branches: readonly (readonly Issue[])[]): { keys: string[]; known: string[] } {
  const unknown = branches.map((branch) =>
    branch.filter((issue) => issue.code === "unrecognized_keys" && issue.path.length === 0),
  );
  const sets = unknown.map((issues) => issues.flatMap((issue) => ("keys" in issue ? issue.keys : [])));
  const [first = []] = sets;
  return {
    keys: first.filter((key) => sets.every((set) => set.includes(key))),
    known: unknown.flat().flatMap((issue) => issue.message.split("\n")),
  };
}

function isAuthored(issue: Issue): boolean {
  return issue.message !== "" && issue.code !== "unrecognized_keys";
}

function isWrongKind(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

function expectedOf(issue: UnionIssue): string {
  const forms = issue.errors.map((branch) => {
    const [first] = branch;
    if (!first) return "another form";
    if (first.path.length > 0) return `a mapping with "${first.path.join(".")}"`;
    return expectation(first);
  });
  return forms.length === 0 ? "one of the known forms" : list([...new Set(forms)], "or");
}

function reasonFor(issue: Issue, value: unknown): string {
  return `it is ${shownFor(issue, value)}, expected ${expectation(issue)}`;
}

function shownFor(issue: Issue, value: unknown): string {
  if (issue.code === "too_small" || issue.code === "too_big") return measure(value);
  return issue.code === "invalid_value" && typeof value === "string" ? "another word" : kindOf(value);
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return KINDS.get(issue.expected) ?? issue.expected;
    case "too_small":
      return limit("at least", issue.minimum, issue.origin);
    case "too_big":
      return limit("at most", issue.maximum, issue.origin);
    case "invalid_value":
      return list(issue.values.map(String), "or");
    case "invalid_format":
      return FORMATS.get(issue.format) ?? `the form ${issue.pattern ?? issue.format}`;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_union":
      return expectedOf(issue);
    case "unrecognized_keys":
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return "another value";
  }
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ["string", "text"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "a mapping of keys to values"],
  ["record", "a mapping of keys to values"],
]);

const FORMATS: ReadonlyMap<string, string> = new Map([
  ["url", "a URL such as https://example.org/"],
  ["ipv4", "an IPv4 address"],
  ["ipv6", "an IPv6 address"],
  ["base64", "base64"],
  ["safeint", "a whole number"],
]);

function limit(word: string, bound: bigint | number, origin: string): string {
  if (origin === "string") return bound === 1 ? "text" : `${word} ${bound} characters`;
  if (origin === "array" || origin === "set") return `${word} ${bound} ${bound === 1 ? "entry" : "entries"}`;
  return `${word} ${bound}`;
}

function measure(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return value === "" ? "empty" : `${value.length} characters long`;
  if (Array.isArray(value)) return value.length === 0 ? "empty" : `a list of ${value.length}`;
  return kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return value === "" ? "empty text" : "text";
  if (typeof value === "number") return "a number";
  if (typeof value === "boolean") return String(value);
  return isMapping(value) && Object.keys(value).length === 0 ? "an empty mapping" : "a mapping";
}

function hintFor(issue: Issue, value: unknown): string | undefined {
  return issue.code === "invalid_value" ? enumHint([issue], value) : undefined;
}

/** Only a word close to a right one is repeated, so that a secret in the wrong place is not. */
function enumHint(issues: readonly Issue[], value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const words = issues.flatMap((issue) => (issue.code === "invalid_value" ? issue.values.map(String) : []));
  const word = closest(value, words);
  return word === undefined ? undefined : `did you mean \`${word}\`?`;
}

function subject(path: Path): string {
  const name = path.findLast((key) => typeof key === "string");
  const index = path.at(-1);
  const entry = typeof index === "number" ? `entry ${index + 1} of ` : "";
  return name === undefined ? "Cannot read the configuration" : `Cannot read ${entry}"${name}"`;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isMapping(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

function list(words: readonly string[], conjunction: "and" | "or"): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} ${conjunction} ${words.at(-1)}`;
}
