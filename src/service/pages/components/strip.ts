import { type Mark, mark } from "#service/pages/components/mark.ts";
import { html, type Html } from "#service/pages/html.ts";

/**
 * One mark for each operator: who agrees stands on the line, who differs stands off it, who is silent is hollow, who is
 * quarantined hangs below.
 *
 * @param counts the same in words, e.g. `5 agree, 1 differs`
 */
export function strip(
  marks: readonly { readonly standing: Mark; readonly words: string }[],
  counts: string,
): Html | undefined {
  if (marks.length === 0) return undefined;
  return html`<ul class="strip" aria-label="Operators: ${counts || "none was asked yet"}">
    ${marks.map(
      ({ standing, words }) =>
        html`<li title="${words}">${mark(standing)}<span class="hidden">${words}</span></li>`,
    )}
  </ul>`;
}
