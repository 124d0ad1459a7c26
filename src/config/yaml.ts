import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from "yaml";
import type { ConfigProblem } from "#core/errors.ts";
import { formatPath, type Path, type Place, type RawConfiguration } from "#config/raw.ts";

/** Beyond what any configuration needs; what stops files that are made to exhaust memory or stack. */
const MAX_NODES = 100_000;
const MAX_DEPTH = 32;
const MAX_NESTING_TEXT = 1000;
/** One missing bracket is followed by complaints about everything behind it. */
const MAX_SYNTAX_PROBLEMS = 10;

interface YamlText {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly places: Map<string, Place>;
  readonly problems: ConfigProblem[];
  readonly file: string;
  nodes: number;
}

/**
 * Plain data and its places. YAML 1.2 core, with one reading for every file: no tags, no duplicate keys, no
 * merge keys; aliases are followed, as far as a sane file needs them.
 */
export function parseYaml(
  file: string,
  text: string,
): { readonly raw: RawConfiguration; readonly problems: readonly ConfigProblem[] } {
  const places = new Map<string, Place>([["", { line: 1, column: 1 }]]);
  const problems: ConfigProblem[] = [];
  if (nestsTooDeep(text)) {
    const message = `Cannot read the file: it nests more than ${MAX_DEPTH} levels deep`;
    return {
      raw: { file, value: undefined, places },
      problems: [{ path: "", message, file, line: 1, column: 1 }],
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: "1.2",
    schema: "core",
    logLevel: "error",
    // Compares every key with every other one; toValue() does it in one pass
    uniqueKeys: false,
  });
  const yaml: YamlText = { document, lines, places, problems, file, nodes: 0 };
  const errors = [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_PROBLEMS);
  for (const error of errors) reportSyntax(error, yaml);
  const isReadable = problems.length === 0;
  const value = isReadable ? toValue(document.contents, [], yaml) : undefined;
  return { raw: { file, value, places }, problems };
}

/** What the parser's recursion would not survive: brackets and indentation, counted before it starts. */
function nestsTooDeep(text: string): boolean {
  let brackets = 0;
  let compact = 0;
  for (const character of text) {
    if (character === "[" || character === "{") brackets += 1;
    else if (character === "]" || character === "}") brackets = Math.max(0, brackets - 1);
    // "- - - -" and "? ? ? ?" nest without brackets, one level for each mark
    if (character === "-" || character === "?" || character === ":") compact += 1;
    else if (character === "\n") compact = 0;
    if (brackets > MAX_NESTING_TEXT || compact > MAX_NESTING_TEXT) return true;
  }
  return false;
}

function toValue(node: unknown, path: Path, yaml: YamlText): unknown {
  yaml.nodes += 1;
  if (yaml.nodes > MAX_NODES || path.length > MAX_DEPTH) return refuseSize(path, yaml);
  if (isAlias(node)) return followAlias(node, path, yaml);
  if (isMap(node) || isSeq(node) || isScalar(node)) refuseTag(node, path, yaml);
  if (isScalar(node)) return node.value;
  if (isSeq(node)) {
    return node.items.map((item, index) => {
      keepPlace(item, [...path, index], yaml);
      return toValue(item, [...path, index], yaml);
    });
  }
  if (!isMap(node)) return null;
  const entries = new Map<string, unknown>();
  for (const pair of node.items) {
    const key = keyOf(pair.key);
    if (key === undefined || key === "__proto__") {
      keepPlace(pair.key, [...path, "?"], yaml);
      report(yaml, [...path, "?"], "Cannot use a key: it is not text");
      continue;
    }
    const isTwice = entries.has(key);
    keepPlace(pair.key, [...path, key], yaml);
    if (isTwice) {
      report(yaml, [...path, key], `Cannot use the key "${key}" twice`, "keep one of the two");
    }
    entries.set(key, toValue(pair.value, [...path, key], yaml));
  }
  return Object.fromEntries(entries);
}

function followAlias(alias: Alias, path: Path, yaml: YamlText): unknown {
  const target = alias.resolve(yaml.document);
  if (target) return toValue(target, path, yaml);
  const what = "Cannot follow an alias (`*`): there is no anchor (`&`) that it stands for";
  report(yaml, path, what, QUOTES);
  return null;
}

/** Keys that YAML reads as a number or as true are the text that stands there. */
function keyOf(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  const { value, source } = node;
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? (source ?? String(value)) : undefined;
}

function keepPlace(node: unknown, path: Path, { lines, places }: YamlText): void {
  const offset = isNode(node) ? node.range?.[0] : undefined;
  if (offset === undefined) return;
  const { line, col } = lines.linePos(offset);
  places.set(formatPath(path), { line: Math.max(1, line), column: Math.max(1, col) });
}

function isNode(node: unknown): node is Node {
  return isAlias(node) || isMap(node) || isSeq(node) || isScalar(node);
}

function refuseTag(node: Node, path: Path, yaml: YamlText): void {
  if (!("tag" in node) || node.tag === undefined) return;
  report(yaml, path, "Cannot use a tag: expected plain values alone", "remove the word that starts with `!`");
}

function refuseSize(path: Path, yaml: YamlText): undefined {
  const isFirst = !yaml.problems.some(({ message }) => message.startsWith("Cannot read the file"));
  if (isFirst) {
    const message = `Cannot read the file: it nests more than ${MAX_DEPTH} levels or has more than ${MAX_NODES} values`;
    report(yaml, path.slice(0, 1), message);
  }
  return undefined;
}

function report(yaml: YamlText, path: Path, message: string, hint?: string): void {
  const place = yaml.places.get(formatPath(path)) ?? yaml.places.get(formatPath(path.slice(0, -1)));
  const { line, column } = place ?? { line: 1, column: 1 };
  yaml.problems.push({
    path: formatPath(path),
    message,
    ...(hint === undefined ? {} : { hint }),
    file: yaml.file,
    line,
    column,
  });
}

/** The library's messages may repeat what stands there, which may be a secret; its codes do not. */
function reportSyntax(error: YAMLError, { lines, problems, file }: YamlText): void {
  const { line, col } = lines.linePos(error.pos[0]);
  const [what, hint] = SYNTAX.get(error.code) ?? ["it is not valid YAML", undefined];
  problems.push({
    path: "",
    message: `Cannot read the file as YAML: ${what}`,
    ...(hint === undefined ? {} : { hint }),
    file,
    line: Math.max(1, line),
    column: Math.max(1, col),
  });
}

const QUOTES = 'put text that has `:`, `#`, `*`, `@`, `{` or `[` in it between quotes ("...")';

const SYNTAX: ReadonlyMap<string, readonly [what: string, hint?: string]> = new Map([
  ["ALIAS_PROPS", ["an alias (`*`) has a tag or an anchor", QUOTES]],
  ["BAD_ALIAS", ["it has an alias (`*`) without the anchor (`&`) that it stands for", QUOTES]],
  ["BAD_DIRECTIVE", ["a line that starts with % is no directive"]],
  [
    "BAD_DQ_ESCAPE",
    ["a backslash in quotes starts no known escape", "write \\\\ for a backslash, or use '...'"],
  ],
  ["BAD_INDENT", ["the indentation does not fit the lines above"]],
  ["BAD_SCALAR_START", ["text starts with a reserved character", QUOTES]],
  ["BLOCK_AS_IMPLICIT_KEY", ["there are two `:` in one line, or a list where a key should be", QUOTES]],
  ["BLOCK_IN_FLOW", ["a list or mapping by indentation stands within brackets"]],
  ["KEY_OVER_1024_CHARS", ["a key is longer than 1,024 characters"]],
  ["MISSING_CHAR", ["a bracket, a quote, a comma or a `:` is missing"]],
  ["MULTILINE_IMPLICIT_KEY", ["a key runs over several lines, or its `:` is missing"]],
  ["MULTIPLE_DOCS", ["it has several documents (`---`), expected one"]],
  ["NON_STRING_KEY", ["a key is not text"]],
  ["RESOURCE_EXHAUSTION", ["it nests too deep"]],
  ["TAB_AS_INDENT", ["a line is indented with a tab, expected spaces"]],
  ["TAG_RESOLVE_FAILED", ["it has a tag (`!`), expected plain values alone", QUOTES]],
  ["UNEXPECTED_TOKEN", ["something stands where it does not belong", QUOTES]],
]);
