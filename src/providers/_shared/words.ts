const MASK = "•••";
const MAX_LENGTH = 300;
/** What is looked at of an answer of megabytes: more explains nothing, and must not cost minutes. */
const MAX_CONSIDERED = 4096;

/**
 * What a provider said, fit for a log line: on one line, at most 300 characters, and without the secrets that
 * were sent, in whichever of the usual spellings they come back.
 *
 * @param secrets values as they were sent
 */
export function cleanWords(text: string, secrets: readonly string[]): string {
  const masked = secrets.flatMap(spellings).reduce((words, secret) => words.replaceAll(secret, MASK), text);
  // After the masking, so that no part of a secret is left at the cut
  const beginning = masked.slice(0, MAX_CONSIDERED);
  // HTML comes from gateways and captive portals; its markup explains nothing
  const plain = /^\s*</.test(beginning) ? htmlTitle(beginning) : beginning;
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
