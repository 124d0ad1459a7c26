import { Attributes, escapeHtml, Html, SafeUrl } from "#service/pages/markup.ts";
import { type Position, readTemplate } from "#service/pages/template.ts";

export { attributes, Html, url } from "#service/pages/markup.ts";

/** What may stand between the braces of {@link html}. Nothing at all becomes of `undefined` and `false`. */
export type Content = Attributes | Html | SafeUrl | false | number | string | undefined | readonly Content[];

/**
 * Markup from a template. What stands between the braces is escaped, unless it is {@link Html} itself.
 *
 * Text and double-quoted attributes take texts and numbers; a URL attribute takes what {@link url} made, or goes
 * on behind a path of the template; between attributes stands what {@link attributes} made. Nowhere else may
 * anything vary.
 *
 * @throws {TypeError} for a template that is not safe, or a value in a place that is not for it
 * @example html`<li title="${name}">${isNew && "new"} <a href="${url(target)}">${items}</a></li>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  const { parts, positions } = readTemplate(strings);
  let markup = parts[0] ?? "";
  for (const [index, value] of values.entries()) {
    markup += render(value, positions[index] ?? "text");
    markup += parts[index + 1] ?? "";
  }
  return new Html(markup);
}

function render(value: Content, position: Position): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "string") return plain(escapeHtml(value), position);
  if (typeof value === "number") return plain(String(value), position);
  if (value instanceof Html) return only("text", value.markup, position);
  if (value instanceof Attributes) return only("tag", value.markup, position);
  if (value instanceof SafeUrl) return only("url", escapeHtml(value.text), position);
  let markup = "";
  for (const each of value) markup += render(each, position);
  return markup;
}

function plain(escaped: string, position: Position): string {
  if (position === "text" || position === "attribute") return escaped;
  throw new TypeError(`Cannot put a text into a ${position} position`);
}

function only(expected: Position, markup: string, position: Position): string {
  if (position === expected) return markup;
  throw new TypeError(`Cannot put what is for a ${expected} position into a ${position} position`);
}
