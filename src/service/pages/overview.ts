import type { ServiceContext } from "#service/context.ts";
import type { Caller, Route } from "#service/http/route.ts";
import { action, done } from "#service/pages/components/action.ts";
import { html, type Html, url } from "#service/pages/html.ts";
import { pageAnswer } from "#service/pages/layout.ts";
import { familyPanels } from "#service/pages/overview-addresses.ts";
import { dayPanel, latelyPanel } from "#service/pages/overview-past.ts";
import { type OverviewModel, overviewModel } from "#service/pages/overview-model.ts";
import { recordsPanel } from "#service/pages/overview-records-table.ts";
import { witnessesPanel } from "#service/pages/overview-witnesses-table.ts";

export function overviewRoutes(context: ServiceContext): readonly Route[] {
  const { state, archive, now, operations, cluster } = context;
  return [
    {
      method: "GET",
      path: "/",
      access: "read",
      handle: (request) => {
        const find = request.query.get("find") ?? "";
        const model = overviewModel(state(), archive, now(), { find, cluster: cluster?.() });
        const body = overview(model, request.caller);
        return pageAnswer(context, request, { title: model.title, current: "/", body, refresh: 30 });
      },
    },
    {
      method: "POST",
      path: "/round",
      access: "operate",
      handle: async (request) => {
        await operations.round(request.signal);
        return done(
          request,
          "/",
          checkedWords(overviewModel(state(), archive, now(), { cluster: cluster?.() })),
        );
      },
    },
  ];
}

export function overview(model: OverviewModel, caller: Caller): Html {
  return html`${familyPanels(model)} ${dayPanel(model)} ${recordsPanel(model, checkNow(model, caller))}
    <div class="two">${witnessesPanel(model)} ${latelyPanel(model)}</div>`;
}

function checkNow({ isRoundUnderWay }: OverviewModel, caller: Caller): Html | undefined {
  const label = isRoundUnderWay ? "Checking…" : "Check now";
  return action({
    to: url("/round"),
    caller,
    result: "records-result",
    body: html`<button class="primary" data-busy="Checking…">${label}</button>`,
  });
}

/** What a round that a person asked for came to. */
function checkedWords({ families, records }: OverviewModel): string {
  const verdicts = families
    .filter(({ kind }) => kind !== "absent")
    .map(({ kind, label, address }) => (kind === "known" ? `${address}` : `${label} ${VERDICTS[kind]}`));
  return `Checked just now: ${[...verdicts, `records ${records.summary}`].join(", ")}`;
}

const VERDICTS = {
  absent: "not there",
  disputed: "in dispute",
  known: "known",
  unavailable: "not known",
  waiting: "not looked for yet",
} as const;
