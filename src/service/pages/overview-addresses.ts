import { copyButton } from "#service/pages/components/copy.ts";
import { moment } from "#service/pages/components/moment.ts";
import { strip } from "#service/pages/components/strip.ts";
import { html, type Html } from "#service/pages/html.ts";
import type { FamilyPanel } from "#service/pages/overview-family.ts";
import type { OverviewModel } from "#service/pages/overview-model.ts";

export function familyPanels({ families, now }: OverviewModel): Html {
  return html`<div class="addresses" id="addresses" data-live>
    ${families.map((family, index) => familyPanelHtml(family, now, index === 0))}
  </div>`;
}

function familyPanelHtml(panel: FamilyPanel, now: Date, isFirst: boolean): Html {
  const { label, kind, word, sentence, positions, marks, counts, notes, facts } = panel;
  const heading = `Your ${label} address`;
  return html`<section class="panel address ${kind}" id="address-${label}" aria-label="${heading}">
    ${isFirst ? html`<h1>${heading}</h1>` : html`<h2>${heading}</h2>`} ${value(panel)}
    <div class="verdict">
      <p><b>${word}</b> ${sentence}</p>
      ${positions.length > 0 && sides(positions)} ${notes.map((note) => html`<p class="note">${note}</p>`)}
    </div>
    <div>${strip(marks, counts)}</div>
    <dl class="facts">
      ${facts.map(
        ({ term, at, format }) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${moment(at, now, format)}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

function value({ kind, address }: FamilyPanel): Html {
  if (address === undefined) {
    return html`<p class="value none">${kind === "absent" ? "none" : "not known yet"}</p>`;
  }
  const isBelieved = kind === "known";
  const size = address.length > 28 ? "longest" : address.length > 15 ? "long" : "short";
  return html`<p class="value ${size}${!isBelieved && " stale"}">
    ${!isBelieved && html`<span class="hidden">Last known: </span>`}<span class="text">${address}</span
    >${copyButton(address)}
  </p>`;
}

function sides(positions: FamilyPanel["positions"]): Html {
  return html`<ul class="sides">
    ${positions.map(
      ({ address, operators }) =>
        html`<li><span class="mono">${address}</span> <span class="note">${operators.join(", ")}</span></li>`,
    )}
  </ul>`;
}
