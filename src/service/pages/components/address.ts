import { html, type Html } from "#service/pages/html.ts";

/** In a table: whole where it can be, broken where it would break the table. */
export function address(text: string): Html {
  return html`<span class="mono ${text.length > 26 && "long"}">${text}</span>`;
}
