import type { Problem } from "#service/http/route.ts";
import { html, url } from "#service/pages/html.ts";
import { layout } from "#service/pages/layout.ts";

/** A problem as a page, for those who came by browser. */
export function errorPage({ status, title, detail }: Problem): string {
  const body = html`<section class="panel door" aria-labelledby="error-title">
    <h1 id="error-title">${title}</h1>
    ${detail !== undefined && html`<p>${detail}</p>`}
    <p class="note">${status} · <a href="${url("/")}">Overview</a></p>
  </section>`;
  return layout({ title, body }).markup;
}
