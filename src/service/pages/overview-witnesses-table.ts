import { address } from "#service/pages/components/address.ts";
import { stateWord } from "#service/pages/components/mark.ts";
import { moment } from "#service/pages/components/moment.ts";
import { sparkline } from "#service/pages/components/sparkline.ts";
import { attributes, html, type Html, url } from "#service/pages/html.ts";
import type { OverviewModel } from "#service/pages/overview-model.ts";
import type { WitnessRow, WitnessTable } from "#service/pages/overview-witnesses.ts";

export function witnessesPanel({ witnesses, now }: OverviewModel): Html {
  const tables = witnesses.filter(({ groups }) => groups.length > 0);
  return html`<section class="panel" id="witnesses" data-live aria-labelledby="witnesses-title">
    <header>
      <h2 id="witnesses-title">Witnesses</h2>
      <a class="note" href="${url("/sources")}">All sources</a>
    </header>
    ${tables.length === 0 && html`<p class="empty">Nobody has answered yet.</p>`}
    ${tables.map((table) => [
      witnesses.length > 1 && html`<h3>${table.label}</h3>`,
      witnessTable(table, now),
      table.idle > 0 && html`<p class="note">${idleWords(table.idle)}</p>`,
    ])}
  </section>`;
}

function witnessTable({ groups, label }: WitnessTable, now: Date): Html {
  return html`<div class="scroll">
    <table class="cards witnesses" aria-label="Witnesses of the ${label} address">
      <colgroup>
        <col class="c-operator" />
        <col />
        <col class="c-by" />
        <col class="c-time" />
        <col class="c-spark" />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">Operator</th>
          <th scope="col">Says</th>
          <th scope="col">Asked by</th>
          <th scope="col" class="num">Round trip</th>
          <th scope="col">Last hour</th>
        </tr>
      </thead>
      ${groups.map(
        ({ title, rows }) =>
          html`<tbody>
            ${
              groups.length > 1 &&
              html`<tr class="group">
                <th scope="rowgroup" colspan="5">${title}</th>
              </tr>`
            }
            ${rows.map((row) => witnessRow(row, now))}
          </tbody>`,
      )}
    </table>
  </div>`;
}

function witnessRow(row: WitnessRow, now: Date): Html {
  const { id, operator, by, standing, says, isAddress, aside, roundTrip, recent } = row;
  return html`<tr>
    <th scope="row" title="${id}">${operator}</th>
    <td ${attributes({ class: isAddress ? "says" : "says words" })}>
      ${stateWord(standing, isAddress ? address(says) : html`<span>${says}</span>`)}${
        aside &&
        html`<small>${aside.before} ${moment(aside.at, now, aside.isCountdown ? "until" : "clock")}</small>`
      }
    </td>
    <td class="soft">${by}</td>
    <td class="num">${roundTrip === undefined ? "–" : `${Math.round(roundTrip)} ms`}</td>
    <td class="trend">${sparkline(recent)}</td>
  </tr>`;
}

function idleWords(idle: number): string {
  return `${idle} more ${idle === 1 ? "was" : "were"} not needed: the others had decided it.`;
}
