import { type MomentFormat, sayMoment } from "#service/assets/moments.js";
import { html, type Html } from "#service/pages/html.ts";

/** In UTC until a script says it in the reader's zone; ages and countdowns then go on by themselves. */
export function moment(at: Date, now: Date, format: MomentFormat = "clock"): Html {
  return html`<time datetime="${at.toISOString()}" title="${absolute(at)}" data-moment="${format}"
    >${sayMoment(format, at, now, true)}</time
  >`;
}

/** `2026-11-22 14:03:12 UTC` */
export function absolute(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
