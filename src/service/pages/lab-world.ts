import type { Caller } from "#service/http/route.ts";
import type { ProviderBehaviour, WitnessBehaviour } from "#lab/controls.ts";
import { action } from "#service/pages/components/action.ts";
import { mark } from "#service/pages/components/mark.ts";
import { moment } from "#service/pages/components/moment.ts";
import { attributes, html, type Html, url } from "#service/pages/html.ts";
import { PROVIDER_WORDS, WITNESS_WORDS } from "#service/pages/lab-knobs.ts";
import type { LabModel, LabWitness } from "#service/pages/lab-model.ts";

const WITNESS_KINDS: readonly WitnessBehaviour[] = ["honest", "lies", "dead"];
const PROVIDER_KINDS: readonly ProviderBehaviour[] = [
  "honest",
  "refuses",
  "throttles",
  "times-out-once",
  "times-out",
];

export function labWitnesses({ witnesses, isOnline }: LabModel, caller: Caller, now: Date): Html {
  const liars = witnesses.filter(({ behaviour }) => behaviour === "lies");
  return html`<section class="panel" id="lab-witnesses" data-live aria-labelledby="lab-witnesses-title">
    <header>
      <h2 id="lab-witnesses-title">Witnesses</h2>
      <span class="note"
        >${!isOnline ? "out of reach" : liars[0] ? html`liars say <span class="mono">${liars[0].lie}</span>` : "nobody lies"}</span
      >
    </header>
    <ul class="world">
      ${witnesses.map((each) => witness(each, caller, now))}
    </ul>
  </section>`;
}

function witness({ name, by, behaviour, seen, asked }: LabWitness, caller: Caller, now: Date): Html {
  return html`<li class="${behaviour}">
    <p class="who">${mark(seen?.standing ?? "unknown")}<b>${name}</b><span class="note">${by}</span></p>
    ${choice({
      caller,
      knob: "witness",
      legend: `What ${name} does`,
      name: "behaviour",
      id: `witness-${name}`,
      options: WITNESS_KINDS.map((kind) => ({ value: kind, words: WITNESS_WORDS[kind] })),
      chosen: behaviour,
      hidden: html`<input type="hidden" name="name" value="${name}" />`,
    })}
    <p class="note">
      ${seen ? seen.words.slice(name.length + 1) : "not known to the daemon"}${
        asked &&
        (asked.isAgain
          ? html`; asked again in ${moment(asked.at, now, "until")}`
          : html`; asked ${moment(asked.at, now, "ago")}`)
      }
    </p>
  </li>`;
}

export function labLine(model: LabModel, caller: Caller): Html {
  const { isUdpBlocked, loss, delay, provider } = model;
  return html`<section class="panel knobs" id="lab-line" data-live aria-labelledby="lab-line-title">
    <header>
      <h2 id="lab-line-title">The line and the provider</h2>
    </header>
    ${slider({ caller, knob: "loss", words: "Datagrams lost, each way", value: loss, most: 100, step: 5, unit: "%" })}
    ${slider({ caller, knob: "delay", words: "Every answer later by", value: delay, most: 2000, step: 20, unit: "ms" })}
    ${choice({
      caller,
      knob: "udp",
      legend: "UDP",
      name: "blocked",
      id: "udp",
      options: [
        { value: "no", words: "gets through" },
        { value: "yes", words: "is blocked" },
      ],
      chosen: isUdpBlocked ? "yes" : "no",
    })}
    ${choice({
      caller,
      knob: "provider",
      legend: "The provider",
      name: "behaviour",
      id: "provider",
      options: PROVIDER_KINDS.map((kind) => ({ value: kind, words: PROVIDER_WORDS[kind] })),
      chosen: provider,
    })}
  </section>`;
}

interface Choice {
  readonly caller: Caller;
  readonly knob: string;
  readonly legend: string;
  readonly name: string;
  readonly id: string;
  readonly options: readonly { readonly value: string; readonly words: string }[];
  readonly chosen: string;
  readonly hidden?: Html | undefined;
}

/** One of a few; with scripts it is in force as soon as it is chosen. */
function choice({ caller, knob, legend, name, id, options, chosen, hidden }: Choice): Html | undefined {
  const fields = html`<fieldset class="seg">
      <legend ${attributes({ class: knob === "witness" && "hidden" })}>${legend}</legend>
      <div>
        ${options.map(
          ({ value, words }) =>
            html`<label
              ><input
                type="radio"
                name="${name}"
                value="${value}"
                id="${id}-${value}"
                ${attributes({ checked: value === chosen })}
              />${words}</label
            >`,
        )}
      </div>
    </fieldset>
    ${hidden}<button data-without-scripts>Set</button>`;
  return action({ to: url(`/lab/${knob}`), caller, body: fields, isAuto: true, className: "knob" });
}

interface Slider {
  readonly caller: Caller;
  readonly knob: string;
  readonly words: string;
  readonly value: number;
  readonly most: number;
  readonly step: number;
  readonly unit: string;
}

function slider({ caller, knob, words, value, most, step, unit }: Slider): Html | undefined {
  const fields = html`<label for="lab-${knob}">${words}</label>
    <input
      type="range"
      id="lab-${knob}"
      name="${knob}"
      min="0"
      max="${most}"
      step="${step}"
      value="${value}"
      data-unit="${unit}"
    />
    <output for="lab-${knob}" id="lab-${knob}-output">${value} ${unit}</output
    ><button data-without-scripts>Set</button>`;
  return action({ to: url(`/lab/${knob}`), caller, body: fields, isAuto: true, className: "knob slider" });
}
