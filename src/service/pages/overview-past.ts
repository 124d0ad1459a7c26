import { axis, band, hatching } from "#service/pages/components/band.ts";
import { moment } from "#service/pages/components/moment.ts";
import { html, type Html, url } from "#service/pages/html.ts";
import type { OverviewModel } from "#service/pages/overview-model.ts";

export function dayPanel({ day: { title, bands }, now }: OverviewModel): Html | undefined {
  const first = bands[0];
  if (!first) return undefined;
  return html`<section class="panel" id="day" data-live aria-labelledby="day-title">
    <header>
      <h2 id="day-title">${title}</h2>
      <a class="note" href="${url("/history")}">History</a>
    </header>
    ${hatching()}
    <div class="bands">
      ${bands.map(
        ({ label, segments }) =>
          html`<h3>${label}</h3>
            <div>${band(segments, now)}</div>`,
      )}
      ${axis(first.from, first.until, now, "time")}
    </div>
  </section>`;
}

export function latelyPanel({ lately, now }: OverviewModel): Html {
  return html`<section class="panel" id="lately" data-live aria-labelledby="lately-title">
    <header>
      <h2 id="lately-title">Lately</h2>
      <a class="note" href="${url("/history")}">History</a>
    </header>
    ${
      lately.length === 0
        ? html`<p class="empty">
            Nothing happened yet. Changes of the address and of records are told here.
          </p>`
        : html`<ol class="events">
            ${lately.map(
              ({ at, title, detail }) =>
                html`<li>
                  ${moment(at, now)}
                  <div>${title}${detail !== undefined && html`<small>${detail}</small>`}</div>
                </li>`,
            )}
          </ol>`
    }
  </section>`;
}
