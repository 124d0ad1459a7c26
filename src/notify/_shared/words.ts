import type { Notice } from "#notify/definition.ts";

const MASK = "•••";
const MAX_LENGTH = 200;
/** Shorter pieces of a URL are words, e.g. `services`, and no secrets. */
const MIN_SECRET = 8;

/** The lines below the title: what and why, then where and when. */
export function bodyOf({ happening, host, isTest }: Notice): string {
  const at = `${happening.at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return [happening.detail, `${isTest ? "Test from " : ""}${host}, ${at}`]
    .filter((line) => line !== undefined)
    .join("\n");
}

/**
 * As much of the text as fits, escaped; `…` stands for the rest. Characters are never cut apart, nor what they
 * are escaped to.
 *
 * @param size of an escaped text, in the unit of `max`
 */
export function fit(
  text: string,
  max: number,
  escape: (text: string) => string = (same) => same,
  size: (text: string) => number = ({ length }) => length,
): string {
  const whole = escape(text);
  if (size(whole) <= max) return whole;
  let fitting = "";
  let left = max - size("…");
  for (const character of text) {
    const piece = escape(character);
    left -= size(piece);
    if (left < 0) break;
    fitting += piece;
  }
  return `${fitting}…`;
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** What HTML, and Slack's and Telegram's likenesses of it, give a meaning to. */
export function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** What a service said, fit for a log line: one line, short, and without the secrets that were sent. */
export function cleanWords(text: string, secrets: readonly string[]): string {
  const masked = secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
    .filter((secret) => secret !== "")
    .toSorted((a, b) => b.length - a.length)
    .reduce((words, secret) => words.replaceAll(secret, MASK), text);
  // An HTML page is a gateway's or a captive portal's; its markup explains nothing
  const plain = /^\s*</.test(masked) ? "an HTML page" : masked;
  return fit(plain.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim(), MAX_LENGTH);
}

/** What of a secret URL must not show up: all of it, its path, and the parts that nobody could guess. */
export function secretsOf(url: URL): readonly string[] {
  const parts = [...url.pathname.split("/"), ...url.searchParams.values(), url.username, url.password];
  const path = url.pathname.length >= MIN_SECRET ? [url.pathname] : [];
  return [url.href, ...path, ...parts.filter((part) => part.length >= MIN_SECRET)];
}
