import { moment } from "#service/pages/components/moment.ts";
import { strip } from "#service/pages/components/strip.ts";
import { html, type Html } from "#service/pages/html.ts";
import { familyPanel, type FamilyPanel } from "#service/pages/overview-family.ts";
import type { State } from "#state/state.ts";

/** The verdicts that a plan rests on. */
export function restsOn(state: State, now: Date): Html {
  return html`<section class="panel" aria-labelledby="rests-on">
    <header><h2 id="rests-on">What it rests on</h2></header>
    <div class="verdicts">
      ${state.families.map((family) => verdictOf(familyPanel(state, family), family.confirmedAt, now))}
    </div>
  </section>`;
}

function verdictOf(
  { kind, label, address, word, sentence, marks, counts }: FamilyPanel,
  confirmedAt: Date | undefined,
  now: Date,
): Html {
  return html`<div class="${kind}">
    <h3>${label}</h3>
    <p class="mono">${address ?? "none"}</p>
    ${strip(marks, counts)}
    <p class="note verdict">
      <b>${word}</b> ${sentence}${confirmedAt && html` Confirmed ${moment(confirmedAt, now, "age")} ago.`}
    </p>
  </div>`;
}
