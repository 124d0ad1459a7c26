import { html, type Html } from "#service/pages/html.ts";

/** Puts the text into the clipboard; without scripts it is not there. */
export function copyButton(text: string): Html {
  return html`<button class="quiet copy" type="button" data-copy="${text}" aria-label="Copy ${text}" hidden>
    copy
  </button>`;
}
