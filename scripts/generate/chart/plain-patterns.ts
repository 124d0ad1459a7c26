import { isMapping } from "../../../src/config/raw.ts";

/**
 * Without patterns that look around: Helm is written in Go, whose regular expressions cannot
 * (https://github.com/google/re2/wiki/Syntax, 2026-11-30). What they would have refused, the program refuses.
 */
export function withPlainPatterns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withPlainPatterns);
  if (!isMapping(schema)) return schema;
  const plain = Object.entries(schema).filter(([key, value]) => !(key === "pattern" && looksAround(value)));
  return Object.fromEntries(plain.map(([key, value]) => [key, withPlainPatterns(value)]));
}

function looksAround(pattern: unknown): boolean {
  return typeof pattern === "string" && /\(\?<?[=!]/.test(pattern);
}
