import { URL_ATTRIBUTE } from "#service/pages/markup.ts";

/**
 * Where something stands between the braces of a template: in text, in a quoted attribute, at the beginning of a
 * URL attribute, or between the attributes of a tag.
 */
export type Position = "attribute" | "tag" | "text" | "url";

export interface Template {
  /** One more than positions; a run of white space is one space, unless the template has a `pre`. */
  readonly parts: readonly string[];
  readonly positions: readonly Position[];
}

const read = new WeakMap<TemplateStringsArray, Template>();

/**
 * Looks at each template once.
 *
 * @throws {TypeError} when something varies where escaping would not help
 */
export function readTemplate(strings: TemplateStringsArray): Template {
  const before = read.get(strings);
  if (before) return before;
  const isExact = strings.some((part) => /<(?:pre|textarea)\b/i.test(part));
  const template = {
    parts: isExact ? strings : strings.map(condensed),
    positions: strings.slice(1).map((_, index) => positionAfter(strings.slice(0, index + 1))),
  };
  read.set(strings, template);
  return template;
}

/** Without what the formatter of this source puts in. */
function condensed(part: string): string {
  return part
    .replaceAll(/\s+/g, (run) => (run.includes("\n") ? "\n" : " "))
    .replaceAll(/(["\w])\s+>/g, "$1>")
    .replaceAll(/^\s+>/g, ">");
}

/** Stands for what was put in before. */
const FILLER = "x";

function positionAfter(parts: readonly string[]): Position {
  const markup = parts.join(FILLER);
  if (/<!--(?:(?!-->)[^])*$/.test(markup)) throw unsafe("a comment", markup);
  if (/<(script|style)\b[^>]*>(?:(?!<\/\1)[^])*$/i.test(markup)) throw unsafe("a script or a style", markup);
  const tag = openTag(markup)?.replaceAll(/="[^"]*"/g, " ");
  if (tag === undefined) return "text";
  const [, name, begun] = /\s([^\s"'<>/=]+)="([^"]*)$/.exec(tag) ?? [];
  if (name !== undefined && begun !== undefined) return inAttribute(name.toLowerCase(), begun, markup);
  if (/^<[a-z][a-z0-9-]*(?:\s+[a-z-]+)*\s+$/i.test(tag)) return "tag";
  throw unsafe("a tag", markup);
}

/** The tag that is not closed yet. */
function openTag(markup: string): string | undefined {
  let start: number | undefined;
  let isQuoted = false;
  for (let index = 0; index < markup.length; index += 1) {
    const sign = markup[index];
    if (start === undefined) start = sign === "<" ? index : undefined;
    else if (sign === '"') isQuoted = !isQuoted;
    else if (sign === ">" && !isQuoted) start = undefined;
  }
  return start === undefined ? undefined : markup.slice(start);
}

function inAttribute(name: string, begun: string, markup: string): Position {
  if (/^(?:on|style$|srcdoc$)/.test(name)) throw unsafe(`the attribute ${name}`, markup);
  if (!URL_ATTRIBUTE.test(name)) return "attribute";
  if (begun === "") return "url";
  // The template has said where to; what follows can only be a part of the path
  if (/^(?:\/[a-z0-9?#]|#|\?)/i.test(begun)) return "attribute";
  throw unsafe(`the attribute ${name}`, markup);
}

function unsafe(where: string, markup: string): TypeError {
  return new TypeError(`Cannot put a value into ${where}: …${markup.slice(-60)}`);
}
