import { describeError } from "#core/errors.ts";
import type { Finding, ServiceContext } from "#service/context.ts";
import type { Answer, Caller, Route, ServiceRequest } from "#service/http/route.ts";
import { csrfField, notAllowed } from "#service/pages/components/action.ts";
import { type Mark, mark } from "#service/pages/components/mark.ts";
import { doctorModel } from "#service/pages/doctor-model.ts";
import { attributes, html, type Html, url } from "#service/pages/html.ts";
import { pageAnswer } from "#service/pages/layout.ts";

/** What is known so far of a run. */
interface Examination {
  readonly findings: readonly Finding[];
  /** Why it broke off. */
  readonly trouble: string | undefined;
}

/** Every witness and provider has a deadline of its own that is far shorter. */
const DEADLINE = 60_000;

export function doctorRoutes(context: ServiceContext): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/doctor",
      access: "read",
      handle: (request) => doctorPage(context, request, undefined),
    },
    { method: "POST", path: "/doctor", access: "operate", handle: (request) => examine(context, request) },
  ];
}

/** Without scripts: the page comes when everything was looked at. */
async function examine(context: ServiceContext, request: ServiceRequest): Promise<Answer> {
  const findings: Finding[] = [];
  const ended = AbortSignal.any([request.signal, AbortSignal.timeout(DEADLINE)]);
  try {
    for await (const finding of context.operations.doctor(ended)) findings.push(finding);
    return doctorPage(context, request, { findings, trouble: undefined });
  } catch (error) {
    return doctorPage(context, request, { findings, trouble: describeError(error) });
  }
}

function doctorPage(
  context: ServiceContext,
  request: ServiceRequest,
  examination: Examination | undefined,
): Answer {
  return pageAnswer(context, request, {
    title: "Doctor",
    current: "/doctor",
    body: doctorBody(examination, request.caller),
    scripts: ["doctor.js"],
  });
}

export function doctorBody(examination: Examination | undefined, caller: Caller): Html {
  return html`<section class="panel" aria-labelledby="doctor">
      <header><h1 id="doctor">Doctor</h1></header>
      <p class="lead">Asks every witness, reads every record at its provider, and says what is wrong.</p>
      <p class="note">
        It reads alone: nothing is written, and the daemon goes on meanwhile. It takes a few seconds; a
        witness that does not answer takes the longest.
      </p>
      ${runForm(examination, caller)}
    </section>
    ${results(examination)}`;
}

function runForm(examination: Examination | undefined, caller: Caller): Html {
  const label = examination ? "Run it again" : "Run the doctor";
  if (!caller.mayOperate) return notAllowed(label);
  return html`<form method="post" action="${url("/doctor")}" data-doctor="/api/v1/doctor">
    ${csrfField(caller)}
    <button class="primary">${label}</button>
  </form>`;
}

const MARKS = { problem: "failed", warning: "warning", ok: "ok" } as const satisfies Record<
  Finding["result"],
  Mark
>;

const RESULTS = [
  { result: "problem", title: "Problems" },
  { result: "warning", title: "Warnings" },
  { result: "ok", title: "Fine" },
] as const;

/** All three groups are there from the start: a script fills them, and a template says how. */
function results(examination: Examination | undefined): Html {
  const model = doctorModel(examination?.findings ?? []);
  return html`<section
    class="panel"
    id="examination"
    aria-labelledby="examination-title"
    ${attributes({ hidden: !examination })}
  >
    <header>
      <h2 id="examination-title">What it found</h2>
      <span class="note" id="examination-summary" role="status">${examination && model.summary}</span>
    </header>
    <p
      class="notice bad"
      id="examination-trouble"
      ${attributes({ hidden: examination?.trouble === undefined })}
    >
      ${examination?.trouble}
    </p>
    ${RESULTS.map(({ result, title }) => {
      const findings = model.groups.find((group) => group.result === result)?.findings ?? [];
      return html`<div
        class="finding-group"
        data-group="${result}"
        ${attributes({ hidden: findings.length === 0 })}
      >
        <h3>${title} <span class="count">${findings.length}</span></h3>
        <ul class="findings">
          ${findings.map(findingItem)}
        </ul>
        <template>${findingItem({ result, subject: "", words: "" })}</template>
      </div>`;
    })}
  </section>`;
}

function findingItem({ result, subject, words }: Finding): Html {
  return html`<li>
    ${mark(MARKS[result])}<span
      ><span class="subject">${subject}</span><small class="words">${words}</small></span
    >
  </li>`;
}
