import { setImmediate } from "node:timers/promises";
import { FAMILIES, type Family } from "#core/address.ts";
import { milliseconds } from "#core/units.ts";
import type { ServiceContext } from "#service/context.ts";
import { NOT_FOUND } from "#service/http/problem.ts";
import type { Answer, Route, ServiceRequest } from "#service/http/route.ts";
import { changesPanel } from "#service/pages/history-changes-table.ts";
import { type MeasuresTable, measuresTable } from "#service/pages/history-measures.ts";
import { historyModel } from "#service/pages/history-model.ts";
import { type Plots, plotsOf, plotsSince } from "#service/pages/history-plots.ts";
import { type HistorySpan, readChoice } from "#service/pages/history-query.ts";
import { timelinePanels } from "#service/pages/history-timeline.ts";
import { html } from "#service/pages/html.ts";
import { pageAnswer } from "#service/pages/layout.ts";
import { rememberFor } from "#service/pages/remember.ts";

/** What the measures of a span come to, in both forms. */
interface Past {
  readonly table: MeasuresTable;
  readonly plots: Plots;
}

/** Measures come by the quarter of an hour; to sum up 30 days of them takes a tenth of a second. */
const KEPT = milliseconds(60_000);

export function historyRoutes(context: ServiceContext): readonly Route[] {
  const { archive, state, now } = context;
  const remember = rememberFor<Past>(KEPT, now);
  const pastOf = (family: Family, span: HistorySpan) =>
    remember(`${family} ${span.key}`, () => {
      const measures = archive.measures(family, plotsSince(span, now()));
      return { table: measuresTable(measures, span, now()), plots: plotsOf(measures, span, now()) };
    });

  async function page(request: ServiceRequest): Promise<Answer> {
    const choice = readChoice(request.query);
    const tables = new Map<Family, MeasuresTable>();
    for (const { family } of state().families) {
      tables.set(family, pastOf(family, choice.span).table);
      // Rounds and other readers must not wait for both
      await setImmediate();
    }
    const model = historyModel(state(), archive, { choice, tables, now: now() });
    return pageAnswer(context, request, {
      title: "History",
      current: "/history",
      body: html`<h1 class="hidden">History</h1>
        ${timelinePanels(model)} ${changesPanel(model)}`,
      scripts: ["plots.js"],
      styles: ["uplot.css"],
    });
  }

  return [
    { method: "GET", path: "/history", access: "read", handle: page },
    {
      method: "GET",
      path: "/history/plots/{family}",
      access: "read",
      handle: ({ parameters, query }): Answer => {
        const family = FAMILIES.find((each) => String(each) === parameters["family"]);
        if (!family) return { kind: "problem", ...NOT_FOUND };
        return { kind: "json", value: pastOf(family, readChoice(query).span).plots };
      },
    },
  ];
}
