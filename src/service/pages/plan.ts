import { describeError } from "#core/errors.ts";
import type { Plan } from "#core/plan.ts";
import { milliseconds } from "#core/units.ts";
import { makeAgreedChanges, planDigest } from "#service/agreed-plan.ts";
import type { ServiceContext } from "#service/context.ts";
import { withDeadline } from "#service/deadline.ts";
import type { Answer, Caller, Route, ServiceRequest } from "#service/http/route.ts";
import { csrfField, notAllowed } from "#service/pages/components/action.ts";
import { mark } from "#service/pages/components/mark.ts";
import { html, type Html, url } from "#service/pages/html.ts";
import { pageAnswer } from "#service/pages/layout.ts";
import { type DiffLine, planModel, type PlanModel } from "#service/pages/plan-model.ts";
import { restsOn } from "#service/pages/plan-verdicts.ts";

/** A plan takes as long as its witnesses and providers, which have deadlines of their own. */
const PLAN_DEADLINE = milliseconds(20_000);
const ROUND_DEADLINE = milliseconds(90_000);

export function planRoutes(context: ServiceContext): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/plan",
      access: "read",
      handle: (request) => {
        const isMade = request.query.get("made") !== null;
        return planPage(
          context,
          request,
          () => context.operations.plan(request.signal),
          isMade ? MADE : undefined,
        );
      },
    },
    {
      method: "POST",
      path: "/plan/apply",
      access: "operate",
      handle: (request) => makeChanges(context, request),
    },
  ];
}

const MADE = html`<p class="notice good" role="status">
  The round is over. This is what another one would do.
</p>`;
const CHANGED = html`<p class="notice warn" role="status">
  <strong>Nothing was written:</strong> the plan has changed since you saw it. This is the new one.
</p>`;

async function makeChanges(context: ServiceContext, request: ServiceRequest): Promise<Answer> {
  const digest = (await request.form()).get("digest") ?? "";
  const making = makeAgreedChanges(context.operations, digest, request.signal);
  try {
    const changed = await withDeadline(making, ROUND_DEADLINE, "make these changes");
    if (!changed) return { kind: "redirect", to: "/plan?made" };
    return await planPage(context, request, () => Promise.resolve(changed), CHANGED);
  } catch (error) {
    return failedPage(context, request, error);
  }
}

async function planPage(
  context: ServiceContext,
  request: ServiceRequest,
  plan: () => Promise<Plan>,
  notice: Html | undefined,
): Promise<Answer> {
  try {
    const current = await withDeadline(plan(), PLAN_DEADLINE, "make a plan");
    const state = context.state();
    const body = html`${planBody(planModel(current, state.records), {
      notice,
      caller: request.caller,
      digest: planDigest(current),
    })}
    ${restsOn(state, context.now())}`;
    return pageAnswer(context, request, { title: "Plan", current: "/plan", body });
  } catch (error) {
    return failedPage(context, request, error);
  }
}

function failedPage(context: ServiceContext, request: ServiceRequest, error: unknown): Answer {
  const body = html`<section class="panel" aria-labelledby="plan">
    <header><h1 id="plan">Plan</h1></header>
    <p class="notice bad">${describeError(error)}</p>
    <p class="note">Nothing is known to have been written. <a href="${url("/plan")}">Try again</a></p>
  </section>`;
  return pageAnswer(context, request, { title: "Plan", current: "/plan", body });
}

interface Around {
  readonly notice: Html | undefined;
  readonly caller: Caller;
  readonly digest: string;
}

export function planBody(model: PlanModel, { notice, caller, digest }: Around): Html {
  const { summary, changes, kept, right } = model;
  return html`<section class="panel" aria-labelledby="plan">
      <header>
        <h1 id="plan">What a round would do now</h1>
        <a class="button" href="${url("/plan")}">Plan again</a>
      </header>
      ${notice}
      <p class="lead">${headline(model)}</p>
      <p class="note">${summary}. Asked and read a moment ago; nothing was written.</p>
      ${
        changes.length > 0 &&
        html`<ul class="changes">
          ${changes.map(changeItem)}
        </ul>`
      }
      ${changes.length > 0 && makeForm(caller, digest)}
    </section>
    ${kept.length > 0 && keptPanel(kept)} ${right.length > 0 && rightPanel(right)}`;
}

function makeForm(caller: Caller, digest: string): Html {
  if (!caller.mayOperate) return notAllowed("Make these changes");
  return html`<form method="post" action="${url("/plan/apply")}">
    ${csrfField(caller)}<input type="hidden" name="digest" value="${digest}" />
    <button class="primary">Make these changes</button>
  </form>`;
}

function headline({ changes, kept, right }: PlanModel): Html {
  if (changes.length > 0)
    return html`${changes.length === 1 ? "One record" : `${changes.length} records`} would be written.`;
  if (kept.length > 0) return html`Nothing would be written.`;
  if (right.length === 0) return html`No record is configured.`;
  return html`${mark("ok")} Nothing to do: every record is right.`;
}

function changeItem({ name, type, provider, reason, held, lines }: PlanModel["changes"][number]): Html {
  return html`<li>
    <p class="what"><strong>${name}</strong> ${type} <span class="note">at ${provider}: ${reason}</span></p>
    <table class="diff">
      <tbody>
        ${lines.map(diffRow)}
      </tbody>
    </table>
    ${held !== undefined && html`<p class="notice warn">${held}</p>`}
  </li>`;
}

const SIGNS = {
  "+": { word: "new", tone: "comes" },
  "-": { word: "old", tone: "goes" },
  "=": { word: "stays", tone: "stays" },
} as const satisfies Record<DiffLine["sign"], object>;

function diffRow({ sign, value, ttl }: DiffLine): Html {
  const { word, tone } = SIGNS[sign];
  return html`<tr class="${tone}">
    <th scope="row">
      <span aria-hidden="true">${sign === "=" ? " " : sign === "-" ? "−" : sign}</span
      ><span class="hidden">${word}</span>
    </th>
    <td><code>${value}</code></td>
    <td class="note">${ttl}</td>
  </tr>`;
}

function keptPanel(kept: PlanModel["kept"]): Html {
  return html`<section class="panel" aria-labelledby="kept">
    <header><h2 id="kept">Left as they are</h2></header>
    ${kept.map(
      ({ reason, records }) =>
        html`<div class="kept">
          <p>${mark("kept")}${reason}</p>
          <ul>
            ${records.map(({ name, type }) => html`<li>${name} <span class="note">${type}</span></li>`)}
          </ul>
        </div>`,
    )}
  </section>`;
}

function rightPanel(right: PlanModel["right"]): Html {
  return html`<section class="panel">
    <details>
      <summary>${right.length} right already</summary>
      <ul class="findings">
        ${right.map(
          ({ name, type, lines }) =>
            html`<li>
              ${mark("ok")}<span
                >${name} <span class="note">${type}</span
                ><small class="mono">${lines.map(({ value }) => value).join(", ")}</small></span
              >
            </li>`,
        )}
      </ul>
    </details>
  </section>`;
}
