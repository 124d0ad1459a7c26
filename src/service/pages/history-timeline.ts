import { axis, band, hatching } from "#service/pages/components/band.ts";
import { moment } from "#service/pages/components/moment.ts";
import type { HistoryModel, Timeline } from "#service/pages/history-model.ts";
import type { MeasuresRow, MeasuresTable } from "#service/pages/history-measures.ts";
import { HISTORY_SPANS, type HistorySpan, historyHref } from "#service/pages/history-query.ts";
import { attributes, html, type Html, url } from "#service/pages/html.ts";

/** How the address stood, with round trips and agreement on the same axis of time. */
export function timelinePanels({ timelines, choice, now }: HistoryModel): Html {
  const spans = spanLinks(choice);
  if (timelines.length === 0)
    return html`<section class="panel">
      <p class="empty">No record is configured, so no address is looked for.</p>
    </section>`;
  return html`${hatching()}
  ${timelines.map((timeline, index) => {
    const { family, label, summary } = timeline;
    return html`<section class="panel" aria-labelledby="timeline-${family}">
      <header>
        <h2 id="timeline-${family}">${label}</h2>
        <span class="note">${summary}</span>${index === 0 && spans}
      </header>
      ${stretch(timeline, choice.span, now)} ${plots(timeline, choice.span.key)} ${numbers(timeline, now)}
    </section>`;
  })}`;
}

function spanLinks({ span, record }: HistoryModel["choice"]): Html {
  return html`<nav class="spans" aria-label="Span of time">
    ${HISTORY_SPANS.map(
      (each) =>
        html`<a
          href="${url(historyHref({ span: each, record }))}"
          ${attributes({ "aria-current": each.key === span.key && "true" })}
          >${each.title}</a
        >`,
    )}
  </nav>`;
}

function stretch({ family, segments, from }: Timeline, span: HistorySpan, now: Date): Html {
  if (segments.length === 0) return html`<p class="empty">Nothing is known of this time yet.</p>`;
  return html`<div class="lane" id="band-${family}" data-live>
    <div>${band(segments, now)} ${axis(from, now, now, span.key === "24h" ? "time" : "clock")}</div>
  </div>`;
}

/** The height is theirs before they are drawn. Without scripts there are the numbers alone. */
function plots({ family, measures: { rows, operators } }: Timeline, span: string): Html | undefined {
  if (rows.length === 0)
    return html`<p class="empty">Round trips are measured by the quarter of an hour: none is over yet.</p>`;
  return html`<div class="plots" data-plots="/history/plots/${family}?span=${span}" aria-hidden="true">
    <h3>Round trip <span class="readout" data-readout="time"></span></h3>
    <div class="plot" data-plot="round-trip"></div>
    <ul class="legend">
      ${operators.map(
        (name) =>
          html`<li>
            <button type="button" class="quiet" tabindex="-1" data-operator="${name}">
              ${name} <span class="readout" data-readout="${name}">–</span>
            </button>
          </li>`,
      )}
    </ul>
    <h3>
      <span class="key agreement">agree</span> <span class="readout" data-readout="agreement"></span>
      <span class="key answered">answer</span> <span class="readout" data-readout="answered"></span>
    </h3>
    <div class="plot low" data-plot="agreement"></div>
  </div>`;
}

function numbers({ family, measures, label }: Timeline, now: Date): Html | undefined {
  if (measures.rows.length === 0) return undefined;
  return html`<details id="numbers-${family}">
    <summary>The same in numbers</summary>
    ${numbersTable(measures, label, now)}
  </details>`;
}

function numbersTable({ operators, rows }: MeasuresTable, label: string, now: Date): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label} in numbers">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col" class="num">Agree</th>
          <th scope="col" class="num">Answer</th>
          ${operators.map((name) => html`<th scope="col" class="num">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => numbersRow(row, now))}
      </tbody>
    </table>
  </div>`;
}

function numbersRow({ from, agreement, answered, roundTrips }: MeasuresRow, now: Date): Html {
  return html`<tr>
    <th scope="row">${moment(from, now)}</th>
    <td class="num">${agreement === undefined ? "–" : perCent(agreement)}</td>
    <td class="num">${perCent(answered)}</td>
    ${roundTrips.map((span) => html`<td class="num">${span === undefined ? "–" : `${Math.round(span)} ms`}</td>`)}
  </tr>`;
}

/** All but all is not all. */
function perCent(share: number): string {
  return share > 99 && share < 100 ? `${Math.floor(share * 10) / 10} %` : `${Math.round(share)} %`;
}
