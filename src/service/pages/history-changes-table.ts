import { mark, stateWord } from "#service/pages/components/mark.ts";
import { moment } from "#service/pages/components/moment.ts";
import type { ChangeRow } from "#service/pages/history-changes.ts";
import type { HistoryModel } from "#service/pages/history-model.ts";
import { historyHref } from "#service/pages/history-query.ts";
import { attributes, html, type Html, url } from "#service/pages/html.ts";

export function changesPanel(model: HistoryModel): Html {
  const { changes, choice, now } = model;
  const isLive = choice.before === undefined;
  return html`<section class="panel" aria-labelledby="changes">
    <header>
      <h2 id="changes">Changes</h2>
      ${filter(model)}
    </header>
    <div id="changes-list" ${attributes({ "data-live": isLive })}>
      ${changes.length === 0 ? nothing(choice) : changesTable(changes, now)}
    </div>
    ${pages(model)}
  </section>`;
}

function filter({ records, choice: { record, span } }: HistoryModel): Html {
  return html`<form class="row" method="get" action="${url("/history")}">
    ${span.key !== "24h" && html`<input type="hidden" name="span" value="${span.key}" />`}
    <select name="record" aria-label="Record">
      <option value="">every record</option>
      ${records.map(
        (each) =>
          html`<option value="${each}" ${attributes({ selected: each === record })}>
            ${each.replace("/", " ")}
          </option>`,
      )}
    </select>
    <button>Show</button>
  </form>`;
}

function nothing({ record, before }: HistoryModel["choice"]): Html {
  const what = record === undefined ? "Nothing was changed" : `${record.replace("/", " ")} was not changed`;
  return html`<p class="empty">
    ${what}
    ${before === undefined ? "yet, as far as the history reaches back." : "before that, as far as the history reaches back."}
  </p>`;
}

function changesTable(changes: readonly ChangeRow[], now: Date): Html {
  return html`<div class="scroll">
    <table class="cards changes-past">
      <thead>
        <tr>
          <th scope="col">Record</th>
          <th scope="col">Outcome</th>
          <th scope="col">When</th>
          <th scope="col">From, to</th>
          <th scope="col">Why, by whom</th>
          <th scope="col">How long it took</th>
        </tr>
      </thead>
      <tbody>
        ${changes.map((change) => [changeRow(change, now), wordsRow(change)])}
      </tbody>
    </table>
  </div>`;
}

const MARKS = { applied: "ok", failed: "failed", unconfirmed: "pending" } as const;

function changeRow(change: ChangeRow, now: Date): Html {
  const { name, type, provider, standing, outcome, at, before, after, why, operators, steps } = change;
  return html`<tr>
    <th scope="row">${name}<small>${type} at ${provider}</small></th>
    <td>${stateWord(MARKS[standing], outcome)}</td>
    <td data-label="when" class="when">${moment(at, now)}</td>
    <td data-label="" class="from-to">
      <span class="mono old">${before.length === 0 ? "nothing" : before.join(" ")}</span>
      <span class="mono">${after.join(" ")}</span>
    </td>
    <td data-label="why">${why}${operators.length > 0 && html`<small>${operators.join(", ")}</small>`}</td>
    <td data-label="took">
      ${steps.length === 0 ? "–" : steps.map((step) => html`<span class="step">${step}</span>`)}
    </td>
  </tr>`;
}

function wordsRow({ words, standing }: ChangeRow): Html | undefined {
  if (words === undefined || standing === "applied") return undefined;
  return html`<tr class="why">
    <td colspan="6">“${words.trim()}”</td>
  </tr>`;
}

function pages({ choice, changes, olderThan }: HistoryModel): Html {
  const { record, before, span } = choice;
  const query = new URLSearchParams(record === undefined ? {} : { record });
  const exported = (format: string) => {
    query.set("format", format);
    return url(`/api/v1/history?${query.toString()}`);
  };
  return html`<p class="pages">
    ${before !== undefined && html`<a href="${url(historyHref({ record, span }))}">Newest</a>`}
    ${olderThan !== undefined && html`<a href="${url(historyHref({ record, span, before: olderThan }))}">Older</a>`}
    ${
      changes.length > 0 &&
      html`<span class="note"
        >${mark("unneeded")} Take it along as <a href="${exported("csv")}" download>CSV</a> or
        <a href="${exported("json")}">JSON</a></span
      >`
    }
  </p>`;
}
