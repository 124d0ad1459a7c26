import { EsddnsError } from "#core/errors.ts";
import { Secret } from "#core/secret.ts";

/** A log value after redaction: plain data, safe to print and to serialise. */
export type Plain = boolean | null | number | string | readonly Plain[] | { readonly [name: string]: Plain };

export interface RedactOptions {
  /** Of errors. */
  readonly withStack: boolean;
}

const MASK = String(new Secret(() => ""));
const MAX_DEPTH = 6;
const MAX_TEXT = 2048;
const MAX_ITEMS = 100;

/** The last word of a name that holds something secret: `token`, `api_key`, `x-auth-token`, `tsigSecret`. */
const SECRET_NAME = /(?:^|[^a-z])(?:token|secret|password|passwd|authorization|cookie|(?:api)?key)s?$/;
const URL_IN_TEXT = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi;
const CREDENTIALS_IN_TEXT = /\b(bearer|basic|apikey)\s+[\w.~+/-]{6,}=*/gi;

/** The fields of a log line without anything secret. Absent values and functions are left out. */
export function redactFields(
  fields: Readonly<Record<string, unknown>>,
  options: RedactOptions,
): Record<string, Plain> {
  return redactEntries(Object.entries(fields), { ...options, depth: 0 });
}

/** Text with the credentials and the query values of its URLs masked, and cut where it gets too long. */
export function redactText(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${text.length} characters)` : text;
  return cut.replace(URL_IN_TEXT, maskUrl).replace(CREDENTIALS_IN_TEXT, `$1 ${MASK}`);
}

interface Context extends RedactOptions {
  readonly depth: number;
}

function redact(value: unknown, context: Context): Plain | undefined {
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return String(value);
    case "object":
      return value === null ? null : redactObject(value, { ...context, depth: context.depth + 1 });
    default:
      return undefined;
  }
}

function redactObject(value: object, context: Context): Plain {
  if (value instanceof Secret) return MASK;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  if (value instanceof URL) return redactText(value.href);
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  // addresses and prefixes
  if ("text" in value && typeof value.text === "string" && "bytes" in value) return value.text;
  if (context.depth > MAX_DEPTH) return "…";
  if (value instanceof Error) return redactError(value, context);
  if (value instanceof Map) return redactEntries(namedEntries(value), context);
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].slice(0, MAX_ITEMS).map((item: unknown) => redact(item, context) ?? null);
  }
  return redactEntries(Object.entries(value), context);
}

function redactEntries(
  entries: readonly (readonly [string, unknown])[],
  context: Context,
): Record<string, Plain> {
  const plain: Record<string, Plain> = {};
  for (const [name, value] of entries.slice(0, MAX_ITEMS)) {
    const redacted = isSecretName(name) && value !== undefined ? MASK : redact(value, context);
    if (redacted !== undefined) plain[name] = redacted;
  }
  return plain;
}

/** What it is, its code, the next step, and what caused it. */
function redactError(error: Error, context: Context): Plain {
  const code: unknown = "code" in error ? error.code : undefined;
  const errors: unknown = error instanceof AggregateError ? error.errors : undefined;
  return redactEntries(
    [
      ["message", error.message],
      ["code", code],
      ["hint", error instanceof EsddnsError ? error.hint : undefined],
      ["errors", errors],
      ["cause", error.cause],
      ["stack", context.withStack ? error.stack : undefined],
    ],
    context,
  );
}

function namedEntries(map: ReadonlyMap<unknown, unknown>): readonly (readonly [string, unknown])[] {
  return [...map].map(([key, value]) => [String(key), value] as const);
}

function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return SECRET_NAME.test(words);
}

function maskUrl(url: string): string {
  return url.replace(/^([^/]*\/\/)[^/?#]*@/, `$1${MASK}@`).replace(/([?&][^=&#]*=)[^&#]*/g, `$1${MASK}`);
}
