import type { Notice } from "#notify/definition.ts";
import { urgencyOf } from "#notify/urgency.ts";

/** What `{{…}}` in a body may name. */
export const PLACEHOLDERS = [
  "id",
  "kind",
  "urgency",
  "title",
  "detail",
  "at",
  "host",
  "record",
  "family",
  "provider",
  "witness",
  "test",
] as const;

type Placeholder = (typeof PLACEHOLDERS)[number];

/** Every value as text; what does not apply is empty. */
export type Values = Readonly<Record<Placeholder, string>>;

/** The body when the configuration has none. */
export const DEFAULT_TEMPLATE = JSON.stringify(
  Object.fromEntries(PLACEHOLDERS.map((name) => [name, `{{${name}}}`])),
);

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
/** Not JSON outside of a JSON text, whatever stands around it. */
const HOSTILE = '"\\\n</b>';

export function valuesOf({ id, happening, host, isTest }: Notice): Values {
  const { kind, title, detail = "", at, record = "", family, provider = "", witness = "" } = happening;
  const values = { id, kind, urgency: urgencyOf(kind), title, detail, at: at.toISOString(), host };
  const about = { record, provider, witness, family: family === undefined ? "" : `IPv${family}` };
  return { ...values, ...about, test: String(isTest) };
}

/** The body; valid JSON, whatever the values are, when {@link templateProblem} found nothing. */
export function fillIn(template: string, values: Values): string {
  return template.replace(PLACEHOLDER, (whole, name: string) =>
    isPlaceholder(name) ? escapeJson(values[name]) : whole,
  );
}

/** What is wrong with a template, or `undefined`. */
export function templateProblem(template: string): string | undefined {
  const names = [...template.matchAll(PLACEHOLDER)].map(([, name = ""]) => name);
  const unknown = names.find((name) => !isPlaceholder(name));
  if (unknown !== undefined) return `it names {{${unknown}}}, expected one of ${PLACEHOLDERS.join(", ")}`;
  const filled = template.replace(PLACEHOLDER, escapeJson(HOSTILE).replaceAll("$", "$$$$"));
  return isJson(filled) ? undefined : 'it is no JSON, expected JSON with each {{name}} inside of "…"';
}

function isPlaceholder(name: string): name is Placeholder {
  return PLACEHOLDERS.some((placeholder) => placeholder === name);
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
