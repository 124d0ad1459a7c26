import { describeError } from "#core/errors.ts";
import { milliseconds } from "#core/units.ts";
import type { NotifierView, ServiceContext } from "#service/context.ts";
import { withDeadline } from "#service/deadline.ts";
import { NOT_FOUND } from "#service/http/problem.ts";
import type { Answer, Caller, Route, ServiceRequest } from "#service/http/route.ts";
import { action, done, resultLine } from "#service/pages/components/action.ts";
import { type Mark, stateWord } from "#service/pages/components/mark.ts";
import { moment } from "#service/pages/components/moment.ts";
import { html, type Html, url } from "#service/pages/html.ts";
import { pageAnswer } from "#service/pages/layout.ts";
import {
  type BudgetModel,
  type ProviderCard,
  providersModel,
  type ProvidersModel,
} from "#service/pages/providers-model.ts";

/** What came of a test message. */
interface Tested {
  readonly isSent: boolean;
  readonly words: string;
}

const DEADLINE = milliseconds(20_000);

export function providersRoutes(context: ServiceContext): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/providers",
      access: "read",
      handle: (request) => {
        const name = request.query.get("tested");
        const isKnown = context.operations.notifiers().some((each) => each.name === name);
        const tested = isKnown ? { isSent: true, words: sentWords(name ?? "") } : undefined;
        return providersPage(context, request, tested);
      },
    },
    {
      method: "POST",
      path: "/notifications/test",
      access: "operate",
      handle: (request) => testNotifier(context, request),
    },
  ];
}

async function testNotifier(context: ServiceContext, request: ServiceRequest): Promise<Answer> {
  const { operations } = context;
  const form = await request.form();
  const name = operations.notifiers().find((each) => each.name === form.get("name"))?.name;
  if (name === undefined) return { kind: "problem", ...NOT_FOUND, detail: "There is no such notification" };
  try {
    const ended = AbortSignal.any([request.signal, AbortSignal.timeout(DEADLINE)]);
    await withDeadline(operations.testNotifier(name, ended), DEADLINE, `send a test message to "${name}"`);
  } catch (error) {
    const words = `${name} did not get its test message. ${describeError(error)}`;
    if (wantsJson(request))
      return {
        kind: "problem",
        status: 502,
        type: "not-sent",
        title: "No test message was sent",
        detail: words,
      };
    return providersPage(context, request, { isSent: false, words });
  }
  return done(request, `/providers?tested=${encodeURIComponent(name)}`, sentWords(name));
}

function sentWords(name: string): string {
  return `A test message went to ${name}`;
}

function providersPage(context: ServiceContext, request: ServiceRequest, tested: Tested | undefined): Answer {
  const now = context.now();
  const notifiers = context.operations.notifiers();
  const body = html`${providersBody(providersModel(context.state(), now), now)}
  ${notifiersPanel(notifiers, request.caller, tested, now)}`;
  return pageAnswer(context, request, { title: "Providers", current: "/providers", body });
}

export function providersBody({ cards }: ProvidersModel, now: Date): Html {
  return html`<h1 class="hidden">Providers</h1>
    ${
      cards.length === 0
        ? html`<section class="panel">
            <p class="empty">No provider is configured: nothing is published.</p>
          </section>`
        : cards.map((card, index) => cardPanel(card, `provider-${index}`, now))
    }`;
}

const STANDINGS: Readonly<Record<ProviderCard["standing"], readonly [Mark, string]>> = {
  well: ["ok", "is well"],
  failed: ["failed", "in trouble"],
  paused: ["pending", "left alone for a while"],
  unknown: ["unknown", "not called yet"],
};

function cardPanel(card: ProviderCard, id: string, now: Date): Html {
  const { name, title, type, docsUrl, standing, calls, lastSuccess } = card;
  const [shape, word] = STANDINGS[standing];
  return html`<section class="panel" id="${id}" data-live aria-labelledby="${id}-title">
    <header>
      <h2 id="${id}-title">${name}</h2>
      ${stateWord(shape, word)}
    </header>
    <p class="provider-title">
      ${title}
      <span class="note"
        ><code>${type}</code
        >${docsUrl !== undefined && html` · <a href="${url(docsUrl)}" rel="noreferrer">API documentation</a>`}</span
      >
    </p>
    ${troubleOf(card, now)}
    <dl class="facts">
      <div>
        <dt>Budget</dt>
        <dd>${budgetWords(card.budget)}</dd>
      </div>
      <div>
        <dt>Last success</dt>
        <dd>${lastSuccess ? html`${moment(lastSuccess, now, "age")} ago` : "none yet"}</dd>
      </div>
      ${calls.map(
        ({ operation, results }) =>
          html`<div>
            <dt>${operation === "read" ? "Reads" : "Writes"}</dt>
            <dd>${results.map(({ result, count }) => `${count} ${result}`).join(", ")}</dd>
          </div>`,
      )}
    </dl>
    ${recordsOf(card)}
  </section>`;
}

function troubleOf({ trouble, pausedUntil }: ProviderCard, now: Date): Html | undefined {
  const until = pausedUntil && html`It is left alone until ${moment(pausedUntil, now, "exact")}.`;
  if (!trouble) return pausedUntil && html`<p class="notice warn">${until}</p>`;
  const { at, operation, words, hint } = trouble;
  return html`<div class="notice bad">
    <p>${operation === "read" ? "Reading" : "Writing"} failed at ${moment(at, now)}: “${words}”</p>
    <p class="note">${hint !== undefined && `What to do: ${hint}. `}${until}</p>
  </div>`;
}

function budgetWords({ left, requests, per, source }: BudgetModel): Html {
  const whose = /^https?:\/\//.test(source)
    ? html`<small><a href="${url(source)}" rel="noreferrer">the published limit</a></small>`
    : html`<small>${source}</small>`;
  if (left === undefined) return html`${requests} requests in ${per}, which nobody counts${whose}`;
  return html`${left} left of ${requests} requests in ${per}${meter(left, requests)}${whose}`;
}

/** The words beside it say the same. */
function meter(left: number, of: number): Html {
  const width = of > 0 ? Math.max(0, Math.min(100, Math.round((100 * left) / of))) : 0;
  return html`<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    <rect width="100" height="4" class="whole" />
    <rect width="${width}" height="4" class="${width < 20 ? "left low" : "left"}" />
  </svg>`;
}

function recordsOf({ records }: ProviderCard): Html {
  if (records.length === 0) return html`<p class="empty">No record depends on it.</p>`;
  const list = html`<ul class="depends">
    ${records.map(
      ({ name, type, mark, word }) =>
        html`<li>
          <span>${name} <span class="note">${type}</span></span
          >${stateWord(mark, word)}
        </li>`,
    )}
  </ul>`;
  const title = `${records.length} ${records.length === 1 ? "record depends" : "records depend"} on it`;
  if (records.length <= 12)
    return html`<h3 class="sub">${title}</h3>
      ${list}`;
  return html`<details>
    <summary>${title}</summary>
    ${list}
  </details>`;
}

function notifiersPanel(
  notifiers: readonly NotifierView[],
  caller: Caller,
  tested: Tested | undefined,
  now: Date,
): Html {
  return html`<section class="panel" aria-labelledby="notifications">
    <header><h2 id="notifications">Notifications</h2></header>
    ${
      tested
        ? html`<p class="notice ${tested.isSent ? "good" : "bad"}" id="tested" role="status">
            ${tested.words}
          </p>`
        : resultLine("tested")
    }
    ${
      notifiers.length === 0
        ? html`<p class="empty">
            Nobody is told when something changes. The section <code>notify</code> of the configuration names
            whom to tell: a webhook, ntfy, e-mail and others.
          </p>`
        : html`<ul class="rows">
            ${notifiers.map(
              ({ name, type, lastSuccess, trouble }) =>
                html`<li>
                  <span
                    >${name}<small>${type}${lastSuccess && html`, last told ${moment(lastSuccess, now)}`}</small>${
                      trouble &&
                      html`<small
                        >not delivered at ${moment(trouble.at, now)}:
                        ${trouble.words}${trouble.hint && ` (${trouble.hint})`}</small
                      >`
                    }</span
                  >
                  ${action({
                    to: url("/notifications/test"),
                    caller,
                    result: "tested",
                    body: html`<input type="hidden" name="name" value="${name}" /><button
                        aria-label="Send a test message to ${name}"
                        data-busy="Sending…"
                      >
                        Test
                      </button>`,
                  })}
                </li>`,
            )}
          </ul>`
    }
  </section>`;
}

/** A script that sent the form, and tells the answer in place. */
function wantsJson({ headers }: ServiceRequest): boolean {
  return headers.accept?.includes("application/json") === true;
}
