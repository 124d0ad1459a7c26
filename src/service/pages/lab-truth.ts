import type { Caller } from "#service/http/route.ts";
import { action } from "#service/pages/components/action.ts";
import { copyButton } from "#service/pages/components/copy.ts";
import { mark } from "#service/pages/components/mark.ts";
import { moment } from "#service/pages/components/moment.ts";
import { strip } from "#service/pages/components/strip.ts";
import { html, type Html, url } from "#service/pages/html.ts";
import type { LabFamily, LabModel } from "#service/pages/lab-model.ts";

export function labIntro({ isOnline }: LabModel, caller: Caller): Html {
  return html`<section class="intro" id="lab-intro" data-live>
    <div>
      <h1>A small internet, in your hand</h1>
      <p class="note">
        Move the address, make a witness lie, pull the plug, and watch what the daemon makes of it. Nothing
        here leaves this machine.
      </p>
    </div>
    <div class="row">
      ${press(caller, "move", html`<button class="primary">Move my address</button>`)}
      ${
        isOnline
          ? press(caller, "offline", html`<button>Go offline for 5 s</button>`)
          : press(caller, "online", html`<button>Come back online</button>`)
      }
      ${press(caller, "reset", html`<button>Put everything back</button>`)}
    </div>
  </section>`;
}

/** Three lines, one below the other: what is, what is believed, what is published. They differ for moments. */
export function labTruth(model: LabModel, now: Date): Html {
  const { families, isOnline, onlineAgainAt, digLine } = model;
  return html`<section
    class="panel truth"
    id="truth"
    data-live
    aria-label="What is true, and what becomes of it"
  >
    <div class="line true">
      <h2>What is true</h2>
      <div class="values">
        ${families.map(({ truth, label }) => value(truth, label))}
        ${
          !isOnline &&
          html`<p class="notice bad">
            The line is down${onlineAgainAt && html`, up again in ${moment(onlineAgainAt, now, "until")}`}:
            nothing gets through.
          </p>`
        }
      </div>
    </div>
    <div class="line">
      <h2>What the daemon believes</h2>
      <div class="values">${families.map(belief)}</div>
    </div>
    <div class="line">
      <h2>What DNS says</h2>
      <div class="values">
        ${families.map(({ published, publishedMark, label }) => value(published ?? "nothing yet", label, publishedMark))}
        <p class="whole">
          ${dnsWords(model, now)}<span class="note"
            >See for yourself: <code>${digLine}</code>${copyButton(digLine)}</span
          >
        </p>
      </div>
    </div>
  </section>`;
}

function press(caller: Caller, knob: string, body: Html): Html | undefined {
  return action({ to: url(`/lab/${knob}`), caller, body });
}

function value(text: string, label: string, kind?: Parameters<typeof mark>[0]): Html {
  return html`<p class="value ${text.length > 15 && "long"}">
    ${kind ? mark(kind) : html`<span class="mark"></span>`}<span class="hidden">${label}: </span
    ><span>${text}</span>
  </p>`;
}

function belief({ believed, belief, beliefMark, label }: LabFamily): Html {
  const { kind, word, sentence, marks, counts } = belief;
  return html`<div class="${kind}">
    ${value(believed ?? "nothing yet", label, beliefMark)}
    <p class="verdict"><b>${word}</b> ${sentence}</p>
    ${strip(marks, counts)}
  </div>`;
}

function dnsWords({ dnsWords, waitingSince, hindrance, isRight }: LabModel, now: Date): Html {
  if (waitingSince)
    return html`<span
      >Not there yet, moved ${moment(waitingSince, now, "ago")}${hindrance && `: ${hindrance}`}</span
    >`;
  return html`<span class="${isRight && "good"}">${dnsWords}</span>`;
}
