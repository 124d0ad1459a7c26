import type { LogLevel } from "#core/ports.ts";
import type { Plain } from "#platform/redact.ts";

/** The names of the levels in the log of the original, which is Python's. */
const LEVEL_NAMES: Readonly<Record<LogLevel, string>> = {
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
};

/** Control and format characters: what could forge a line, move the cursor or reverse the text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** A value that needs no quotes. */
const BARE = /^[^\s"'=\\]+$/u;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * One line in the form of the original, in local time, without its end:
 * `2025-10-08 02:21:01,371 INFO message name=value other="two words"`.
 */
export function formatTextLine(
  at: Date,
  level: LogLevel,
  message: string,
  fields: Readonly<Record<string, Plain>>,
): string {
  const head = `${formatTime(at)} ${LEVEL_NAMES[level]} ${escape(message)}`;
  const pairs = flatten("", fields).map(([name, value]) => `${name}=${formatValue(value)}`);
  return [head, ...pairs].join(" ");
}

function formatTime(at: Date): string {
  const pad = (value: number, width = 2) => String(value).padStart(width, "0");
  const date = [at.getFullYear(), pad(at.getMonth() + 1), pad(at.getDate())].join("-");
  const time = [pad(at.getHours()), pad(at.getMinutes()), pad(at.getSeconds())].join(":");
  return `${date} ${time},${pad(at.getMilliseconds(), 3)}`;
}

/** Objects become dotted names; the `message` of an error stands for the error itself. */
function flatten(prefix: string, value: Plain): readonly (readonly [string, Plain])[] {
  if (!isRecord(value)) return [[prefix, value]];
  return Object.entries(value).flatMap(([name, inner]) => {
    const isHead = name === "message" && prefix !== "";
    const dotted = prefix === "" ? name : `${prefix}.${name}`;
    return flatten(isHead ? prefix : escapeName(dotted), inner);
  });
}

function formatValue(value: Plain): string {
  const text = Array.isArray(value) ? formatList(value) : plainText(value);
  const escaped = escape(text);
  if (escaped === text && BARE.test(text)) return text;
  return `"${escape(text.replace(/[\\"]/g, "\\$&"))}"`;
}

function formatList(values: readonly Plain[]): string {
  return values
    .map((value) => (typeof value === "object" ? JSON.stringify(value) : plainText(value)))
    .join(",");
}

function plainText(value: Plain): string {
  if (typeof value === "number") return String(Math.round(value * 1000) / 1000);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function escape(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => SHORT_ESCAPES[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

function escapeName(name: string): string {
  return name.replace(/[^\w.:/@-]/gu, "_");
}

function isRecord(value: Plain): value is Readonly<Record<string, Plain>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
