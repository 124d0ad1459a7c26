import type { BalancerModel } from "#service/pages/cluster-balancer.ts";
import type { ClusterModel, SharedModel } from "#service/pages/cluster-model.ts";
import type { Trouble } from "#service/pages/cluster-trouble.ts";
import { copyButton } from "#service/pages/components/copy.ts";
import { mark, type Mark } from "#service/pages/components/mark.ts";
import { moment } from "#service/pages/components/moment.ts";
import { html, type Html } from "#service/pages/html.ts";
import { describeSpan } from "#report/span.ts";
import { toMilliseconds } from "#core/units.ts";

/** One part, so that a trouble that comes or goes does not load the page anew. */
export function clusterHead(model: ClusterModel): Html {
  const { headline, pod, node, role, now, troubles } = model;
  return html`<div class="stack" id="cluster-head" data-live>
    <section class="intro">
      <div>
        <h1>${headline}</h1>
        <p class="note">
          You look at the pod <span class="mono">${pod}</span> on ${node}. It ${role.word} since
          ${moment(role.since, now, "since")}.
        </p>
      </div>
    </section>
    ${
      troubles.length > 0 &&
      html`<section class="panel" aria-labelledby="cluster-trouble-title">
        <header><h2 id="cluster-trouble-title">What to do</h2></header>
        ${troubles.map(notice)}
      </section>`
    }
  </div>`;
}

function notice({ severity, words, advice, command }: Trouble): Html {
  return html`<div class="notice ${severity}">
    <p>${words} ${advice}</p>
    ${commandLine(command)}
  </div>`;
}

function commandLine(command: string | undefined): Html | undefined {
  if (command === undefined) return undefined;
  return html`<p class="note"><code>${command}</code>${copyButton(command)}</p>`;
}

/** One below the other: what the leader tells, what this pod makes of it, where the load balancer is. */
export function clusterTruth(model: ClusterModel): Html {
  const { role, isShared, shared, balancer, now } = model;
  return html`<section
    class="panel truth"
    id="cluster-truth"
    data-live
    aria-label="What is shared, and who does what"
  >
    ${
      isShared &&
      html`<div class="line true">
        <h2>What the leader tells</h2>
        <div class="values">${shared ? sharedLines(shared, now) : html`<p>Nothing yet.</p>`}</div>
      </div>`
    }
    <div class="line">
      <h2>What this pod does</h2>
      <div class="values"><p class="whole">${role.sentence}</p></div>
    </div>
    ${
      balancer &&
      html`<div class="line">
        <h2>Where the load balancer is</h2>
        <div class="values">${balancerLines(balancer)}</div>
      </div>`
    }
  </section>`;
}

function sharedLines(shared: SharedModel, now: Date): Html {
  const { addresses, isCurrent, by, agreement, detectedAt, changedAt, validFor, epoch, sequence } = shared;
  const valid = describeSpan(toMilliseconds(validFor));
  return html`${addresses.map(({ label, text }) => value(text, label, isCurrent ? "ok" : "warning"))}
    ${addresses.length === 0 && html`<p class="whole">No address is known.</p>`}
    <p class="whole">
      <span>
        Confirmed ${moment(detectedAt, now, "ago")}, told by ${by}.
        ${isCurrent ? `It may be relied on for ${valid}.` : `It was to be relied on for ${valid}, and is too old.`}
      </span>
    </p>
    <p class="whole note">
      ${agreement !== "" && html`<span>${agreement}.</span>`}
      ${changedAt && html`<span>Changed ${moment(changedAt, now, "since")}.</span>`}
      <span>Epoch ${epoch}, version ${sequence}.</span>
    </p>`;
}

function balancerLines({ mark: kind, value: text, words, advice, command }: BalancerModel): Html {
  return html`${text !== undefined && value(text, "Load balancer", kind)}
    <div class="whole">
      <p>${text === undefined && html`${mark(kind)} `}${words}</p>
      ${advice !== undefined && html`<p class="note">${advice}</p>`} ${commandLine(command)}
    </div>`;
}

function value(text: string, label: string, kind: Mark): Html {
  return html`<p class="value ${text.length > 15 && "long"}">
    ${mark(kind)}<span class="hidden">${label}: </span><span>${text}</span>
  </p>`;
}
