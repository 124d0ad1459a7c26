import { address } from "#service/pages/components/address.ts";
import { resultLine } from "#service/pages/components/action.ts";
import { stateWord } from "#service/pages/components/mark.ts";
import { moment } from "#service/pages/components/moment.ts";
import { html, type Html, url } from "#service/pages/html.ts";
import type { OverviewModel } from "#service/pages/overview-model.ts";
import type { RecordGroup, RecordRow } from "#service/pages/overview-records.ts";

/** @param checkNow the button, for those who may press it */
export function recordsPanel({ records, now }: OverviewModel, checkNow: Html | undefined): Html {
  const { summary, rows, folded, find, isMany } = records;
  return html`<section class="panel" id="records" data-live aria-labelledby="records-title">
    <header>
      <h2 id="records-title">Records</h2>
      <span class="note">${summary}</span>${checkNow}
    </header>
    ${resultLine("records-result")} ${isMany && finder(find)} ${rows.length > 0 && table(rows, now)}
    ${rows.length === 0 && folded.length === 0 && html`<p class="empty">No record has “${find}” in it.</p>`}
    ${folded.length > 0 && foldedRecords(folded)}
  </section>`;
}

function foldedRecords(groups: readonly RecordGroup[]): Html {
  const count = groups.reduce((sum, { names }) => sum + names.length, 0);
  return html`<details id="records-folded">
    <summary>${count} in sync</summary>
    ${groups.map(
      ({ type, published, names }) =>
        html`<h3>${type} ${publishedValues(published)}</h3>
          <ul class="names">
            ${names.map((name) => html`<li><a href="/?find=${encodeURIComponent(name)}">${name}</a></li>`)}
          </ul>`,
    )}
  </details>`;
}

function finder(find: string): Html {
  return html`<form class="row" method="get" action="${url("/")}" role="search">
    <input type="search" name="find" value="${find}" aria-label="Find records" placeholder="Find a record" />
    <button>Find</button>
    ${find !== "" && html`<a class="note" href="${url("/")}">All records</a>`}
  </form>`;
}

function table(rows: readonly RecordRow[], now: Date): Html {
  return html`<div class="scroll">
    <table class="cards">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">State</th>
          <th scope="col">Published</th>
          <th scope="col">Provider</th>
          <th scope="col" class="num">TTL</th>
          <th scope="col">Last change</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => [recordRow(row, now), whyRow(row, now)])}
      </tbody>
    </table>
  </div>`;
}

function recordRow(row: RecordRow, now: Date): Html {
  const { name, type, mark, word, published, isProxied, provider, ttl, changedAt, convergence } = row;
  return html`<tr>
    <th scope="row">${name}</th>
    <td>${stateWord(mark, word)}</td>
    <td class="whole">
      <span class="type">${type}</span>${publishedValues(published)}${
        isProxied && html`<small>behind the provider's proxy</small>`
      }
    </td>
    <td data-label="Provider">${provider}</td>
    <td data-label="TTL" class="num">${ttl}</td>
    <td data-label="Changed">
      ${changedAt ? html`${moment(changedAt, now)}<small>${convergence ?? NO_WORD_YET}</small>` : "–"}
    </td>
  </tr>`;
}

/** Its line is kept free: every server has it within moments, and the table must not jump for that. */
const NO_WORD_YET = "\u00a0";

function publishedValues(published: readonly string[]): readonly Html[] | Html {
  if (published.length === 0) return html`<span class="note">nothing yet</span>`;
  return published.map((text) => html`${address(text)} `);
}

function whyRow({ why, hint, until }: RecordRow, now: Date): Html | undefined {
  if (why === undefined) return undefined;
  return html`<tr class="why">
    <td colspan="6">
      ${sentence(why)}${hint !== undefined && ` ${sentence(hint)}`}${
        until && html` Tried again in ${moment(until, now, "until")}.`
      }
    </td>
  </tr>`;
}

function sentence(words: string): string {
  const text = `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
