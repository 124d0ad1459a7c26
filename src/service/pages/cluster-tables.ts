import type { AgentRow, RecordRow } from "#service/pages/cluster-model.ts";
import { address } from "#service/pages/components/address.ts";
import { stateWord } from "#service/pages/components/mark.ts";
import { moment } from "#service/pages/components/moment.ts";
import { html, type Html } from "#service/pages/html.ts";

/** Beyond so many, those that are done are folded away. */
const MANY = 15;

/** @param isCurrent whether the leader's word may be relied on */
export function recordsPanel(records: readonly RecordRow[], isCurrent: boolean): Html {
  const done = records.filter(({ mark }) => mark === "ok");
  const isFolded = records.length > MANY;
  const rows = isFolded ? records.filter(({ mark }) => mark !== "ok") : records;
  return html`<section class="panel" id="cluster-records" data-live aria-labelledby="cluster-records-title">
    <header>
      <h2 id="cluster-records-title">Records</h2>
      <span class="note"
        >${summaryOf(records.length, done.length)}${!isCurrent && ", as it was told last"}</span
      >
    </header>
    ${rows.length > 0 && recordTable(rows)}
    ${records.length === 0 && html`<p class="empty">Nobody has said anything of a record yet.</p>`}
    ${isFolded && done.length > 0 && folded(done)}
  </section>`;
}

function summaryOf(all: number, done: number): string {
  if (all === 0) return "";
  return done === all ? `all ${all} done` : `${done} of ${all} done`;
}

function folded(records: readonly RecordRow[]): Html {
  return html`<details id="cluster-records-done">
    <summary>${records.length} done</summary>
    <ul class="names">
      ${records.map(({ name, type }) => html`<li>${name} <span class="note">${type}</span></li>`)}
    </ul>
  </details>`;
}

function recordTable(records: readonly RecordRow[]): Html {
  return html`<div class="scroll">
    <table class="cards">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">State</th>
          <th scope="col">Holds</th>
        </tr>
      </thead>
      <tbody>
        ${records.map((record) => [recordRow(record), whyRow(record.why, 3)])}
      </tbody>
    </table>
  </div>`;
}

function recordRow({ name, type, mark, word, published }: RecordRow): Html {
  return html`<tr>
    <th scope="row">${name}</th>
    <td>${stateWord(mark, word)}</td>
    <td class="whole">
      <span class="type">${type}</span>${
        published === undefined ? html`<span class="note">not known yet</span>` : address(published)
      }
    </td>
  </tr>`;
}

function whyRow(why: string | undefined, columns: number): Html | undefined {
  if (why === undefined) return undefined;
  return html`<tr class="why">
    <td colspan="${columns}">${why}</td>
  </tr>`;
}

export function agentsPanel(agents: readonly AgentRow[], now: Date): Html {
  return html`<section class="panel" id="cluster-agents" data-live aria-labelledby="cluster-agents-title">
    <header>
      <h2 id="cluster-agents-title">Agents</h2>
      <span class="note">${agents.length} known</span>
    </header>
    ${agents.length === 0 ? html`<p class="empty">None has said anything yet.</p>` : agentTable(agents, now)}
  </section>`;
}

function agentTable(agents: readonly AgentRow[], now: Date): Html {
  return html`<div class="scroll">
    <table class="cards">
      <thead>
        <tr>
          <th scope="col">Node</th>
          <th scope="col">Pod</th>
          <th scope="col">State</th>
          <th scope="col" class="num">Last word</th>
        </tr>
      </thead>
      <tbody>
        ${agents.map((agent) => [agentRow(agent, now), whyRow(agent.why, 4)])}
      </tbody>
    </table>
  </div>`;
}

function agentRow({ node, pod, isThis, mark, word, lastWord }: AgentRow, now: Date): Html {
  return html`<tr>
    <th scope="row">${node}</th>
    <td class="whole">
      <span class="mono">${pod}</span>${isThis && html` <span class="note">this pod</span>`}
    </td>
    <td>${stateWord(mark, word)}</td>
    <td data-label="last word" class="num">${moment(lastWord, now, "ago")}</td>
  </tr>`;
}
