const MASK = "•••";
const MAX_LENGTH = 300;

/**
 * What a provider said, fit for a log line: on one line, at most 300 characters, and without the secrets that
 * were sent, in whichever of the usual spellings they come back.
 *
 * @param secrets values as they were sent
 */
export function cleanWords(text: string, secrets: readonly string[]): string {
  const masked = secrets.flatMap(spellings).reduce((words, secret) => words.replaceAll(secret, MASK), text);
  // HTML comes from gateways and captive portals; its markup explains nothing
  const plain = /^\s*</.test(masked) ? htmlTitle(masked) : masked;
  const line = plain.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line;
}

function spellings(secret: string): readonly string[] {
  if (secret === "") return [];
  const json = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, encodeURIComponent(secret), json])].toSorted((a, b) => b.length - a.length);
}

function htmlTitle(html: string): string {
  const title = /<title[^>]*>([^<]*)</i.exec(html)?.[1]?.trim();
  return title ? `an HTML page "${title}"` : "an HTML page";
}
