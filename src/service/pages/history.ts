import { FAMILIES, type Family } from "#core/address.ts";
import type { ServiceContext } from "#service/context.ts";
import type { Answer, Route } from "#service/http/route.ts";
import { changesPanel } from "#service/pages/history-changes-table.ts";
import { historyModel } from "#service/pages/history-model.ts";
import { plotsOf } from "#service/pages/history-plots.ts";
import { readChoice } from "#service/pages/history-query.ts";
import { timelinePanels } from "#service/pages/history-timeline.ts";
import { html } from "#service/pages/html.ts";
import { pageAnswer } from "#service/pages/layout.ts";

export function historyRoutes(context: ServiceContext): readonly Route[] {
  const { archive, state, now } = context;
  return [
    {
      method: "GET",
      path: "/history",
      access: "read",
      handle: (request) => {
        const model = historyModel(state(), archive, readChoice(request.query), now());
        return pageAnswer(context, request, {
          title: "History",
          current: "/history",
          body: html`<h1 class="hidden">History</h1>
            ${timelinePanels(model)} ${changesPanel(model)}`,
          scripts: ["plots.js"],
          styles: ["uplot.css"],
        });
      },
    },
    {
      method: "GET",
      path: "/history/plots/{family}",
      access: "read",
      handle: ({ parameters, query }): Answer => {
        const family = familyOf(parameters["family"]);
        if (!family)
          return { kind: "problem", status: 404, type: "not-found", title: "There is no such family" };
        return {
          kind: "json",
          value: plotsOf(archive, family, { span: readChoice(query).span, now: now() }),
        };
      },
    },
  ];
}

function familyOf(text: string | undefined): Family | undefined {
  return FAMILIES.find((family) => String(family) === text);
}
