import type { Draft } from "#config/dns-ini/draft.ts";
import type { IniEntry } from "#config/dns-ini/ini.ts";

/** The original's own file has some values in quotes, which configparser keeps and nobody means. */
export function unquote(text: string): string {
  return /^(["'])([^]*)\1$/.exec(text)?.[2] ?? text;
}

/** Links pasted from the original's README come as `[url](url)`. */
export function unlink(text: string): string {
  return /^\[([^\]]+)\]\(([^)]+)\)$/.exec(text)?.[2] ?? text;
}

/** A whole number of at least `min`; what is none is a problem. */
export function wholeNumber(entry: IniEntry | undefined, min: number, draft: Draft): number | undefined {
  if (!entry) return undefined;
  const text = unquote(entry.value);
  const value = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  if (value >= min) return value;
  draft.problem(
    entry,
    `Cannot read "${entry.key}": it is no such number, expected a whole number of at least ${min}`,
  );
  return undefined;
}

/** A value of the section `[gandi]`, where the file names an environment variable for it. */
export type NamedValue =
  | { readonly kind: "env"; readonly name: string; readonly text: string }
  | { readonly kind: "plain"; readonly text: string };

/**
 * The value itself: of the environment variable that the entry names, or else the entry's own text, which the
 * original did not know. Upper-case words are names; one that is not set is a problem, not a value.
 *
 * @param plain words that are values although they look like names
 */
export function namedValue(
  entry: IniEntry,
  draft: Draft,
  plain: readonly string[] = [],
): NamedValue | undefined {
  const text = unquote(entry.value);
  const value = Object.hasOwn(draft.env, text) ? draft.env[text]?.trim() : undefined;
  if (value !== undefined && value !== "") return { kind: "env", name: text, text: value };
  if (text === "") {
    draft.problem(
      entry,
      `Cannot read "${entry.key}": it is empty, expected the name of an environment variable`,
    );
    return undefined;
  }
  if (!looksLikeVariable(text) || plain.includes(text)) return { kind: "plain", text };
  const is = value === "" ? "empty" : "not set";
  const message = `Cannot read "${entry.key}": the environment variable "${text}" is ${is}, expected its value`;
  draft.problem(entry, message, `export ${text}=… before esddns starts`);
  return undefined;
}

/** A name, and not an API key that happens to be in capitals: those have digits and no underscore. */
export function looksLikeVariable(text: string): boolean {
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(text) && (text.includes("_") || !/\d/.test(text));
}
