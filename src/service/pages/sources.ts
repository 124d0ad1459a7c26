import type { Measure } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import type { ServiceContext } from "#service/context.ts";
import type { Route } from "#service/http/route.ts";
import { stateWord } from "#service/pages/components/mark.ts";
import { sparkline } from "#service/pages/components/sparkline.ts";
import { moment } from "#service/pages/components/moment.ts";
import { html, type Html, url } from "#service/pages/html.ts";
import { pageAnswer } from "#service/pages/layout.ts";
import { rememberFor } from "#service/pages/remember.ts";
import {
  type SourceGroup,
  sourcesModel,
  type SourcesModel,
  type WitnessRow,
} from "#service/pages/sources-model.ts";

const DAY = 24 * 3_600_000;

export function sourcesRoutes(context: ServiceContext): readonly Route[] {
  const remember = rememberFor<readonly Measure[]>(milliseconds(60_000), context.now);
  const measured = () => {
    const since = new Date(context.now().getTime() - DAY);
    return context.state().families.flatMap(({ family }) => context.archive.measures(family, since));
  };
  return [
    {
      method: "GET",
      path: "/sources",
      access: "read",
      handle: (request) => {
        const now = context.now();
        const state = context.state();
        const body = sourcesBody(sourcesModel(state, remember("day", measured)), now);
        return pageAnswer(context, request, { title: "Sources", current: "/sources", body, refresh: 30 });
      },
    },
  ];
}

export function sourcesBody({ groups, advice, isTold }: SourcesModel, now: Date): Html {
  return html`<h1 class="hidden">Sources</h1>
    ${isTold && told()}
    ${
      advice.length > 0 &&
      html`<section class="panel" id="advice" data-live aria-labelledby="advice-title">
        <header><h2 id="advice-title">What to do</h2></header>
        ${advice.map((words) => html`<p class="notice warn">${words}</p>`)}
      </section>`
    }
    ${groups.length === 0 ? nobody() : groups.map((group) => groupPanel(group, now))}`;
}

function told(): Html {
  return html`<section class="panel" id="told" data-live>
    <p>
      This pod follows: what the leader tells is all that it asks for. The configured sources are asked by
      whoever leads, and here when the shared address cannot be relied on:
      <a href="${url("/cluster")}">Cluster</a> says how that stands.
    </p>
  </section>`;
}

function nobody(): Html {
  return html`<section class="panel" id="nobody" data-live>
    <p class="empty">
      There is nobody to ask: no record of the configuration needs an address, or no source is switched on.
    </p>
  </section>`;
}

function groupPanel({ kind, title, summary, families }: SourceGroup, now: Date): Html {
  return html`<section class="panel" id="source-${kind}" data-live aria-labelledby="source-${kind}-title">
    <header>
      <h2 id="source-${kind}-title">${title}</h2>
      <span class="note">${summary}</span>
    </header>
    <div class="scroll">
      <table class="cards asked">
        <thead>
          <tr>
            <th scope="col">Operator</th>
            <th scope="col">Says</th>
            <th scope="col">By</th>
            <th scope="col" class="num">Round trip</th>
            <th scope="col">Lately</th>
            <th scope="col" class="num">Answers in 24 h</th>
            <th scope="col" class="num">Asked</th>
          </tr>
        </thead>
        ${families.map(
          ({ label, rows }) =>
            html`<tbody>
              ${
                families.length > 1 &&
                html`<tr class="group">
                  <th scope="rowgroup" colspan="7">${label}</th>
                </tr>`
              }
              ${rows.map((row) => witnessRows(row, now))}
            </tbody>`,
        )}
      </table>
    </div>
  </section>`;
}

const WORDS: Readonly<Record<WitnessRow["standing"], string>> = {
  agrees: "agrees",
  differs: "differs",
  quarantined: "in quarantine",
  rejected: "does not count",
  silent: "no answer",
  undecided: "no verdict",
  unknown: "not asked yet",
  unneeded: "was not needed",
};

function witnessRows(row: WitnessRow, now: Date): Html {
  const { standing, words, isAddress, peer, operator, traits, by, isAuthenticated, roundTrip, day, at } = row;
  return html`<tr>
      <th scope="row">
        ${operator}<small class="mono">${peer}</small
        >${traits.length > 0 && html`<small>${traits.join(", ")}</small>`}
      </th>
      <td class="says">
        ${stateWord(standing, WORDS[standing])}${isAddress && html`<small class="mono">${words}</small>`}
      </td>
      <td data-label="by">${by}${isAuthenticated && html`<small>authenticated</small>`}</td>
      <td data-label="round trip" class="num">
        ${roundTrip === undefined ? "–" : roundTripWords(roundTrip)}
      </td>
      <td data-label="lately" class="trend">${sparkline(row.recent) ?? "–"}</td>
      <td data-label="in 24 h" class="num">${day ? `${day.answered} of ${day.asked}` : "–"}</td>
      <td data-label="asked" class="num">${at ? html`${moment(at, now, "age")} ago` : "–"}</td>
    </tr>
    ${whyOf(row, now)}`;
}

/** What there is to say beside the row: in quarantine, differs, silent. */
function whyOf(
  { standing, words, isAddress, quarantine, differsSince, day }: WitnessRow,
  now: Date,
): Html | undefined {
  const lines = [
    ...(quarantine
      ? [html`Left out until ${moment(quarantine.until, now)}: ${quarantine.words}. It is asked again then.`]
      : []),
    ...(differsSince
      ? [
          html`Differs since ${moment(differsSince, now, "since")}${differs(day)}. Nothing was changed for it.`,
        ]
      : []),
    ...(isAddress || standing === "unknown" || standing === "unneeded" ? [] : [html`${words}`]),
  ];
  if (lines.length === 0) return undefined;
  return html`<tr class="why">
    <td colspan="7">${lines.map((line) => html`<p>${line}</p>`)}</td>
  </tr>`;
}

function differs(day: WitnessRow["day"]): string {
  return day && day.differed > 0 ? `, ${day.differed} of ${day.answered} answers in 24 h` : "";
}

function roundTripWords(span: number): string {
  return span < 9.95 ? `${span.toFixed(1)} ms` : `${Math.round(span)} ms`;
}
