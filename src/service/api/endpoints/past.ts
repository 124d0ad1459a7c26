import type { z } from "zod";
import { type HistoryQuery, MEASURE_SPAN } from "#core/store.ts";
import { type Api, endpoint, PLAIN } from "#service/api/endpoint.ts";
import { reportHappening } from "#service/api/event-report.ts";
import { historyCsv } from "#service/api/history-csv.ts";
import { reportEpisode, reportHistoryEntry, reportMeasure } from "#service/api/past-report.ts";
import {
  episodes,
  familyQuery,
  happenings,
  happeningsQuery,
  history,
  HISTORY_EXPORT,
  historyQuery,
  measures,
} from "#service/api/schemas/past.ts";
import { isHappening } from "#state/happening.ts";

type Query = z.output<typeof historyQuery>;

const DAY = 24 * 60 * 60_000;
const PAGE = 50;
const PATH = "/api/v1/history";

export const pastEndpoints = [
  endpoint(
    {
      ...PLAIN,
      id: "getHistory",
      path: PATH,
      summary: "The changes and what became of them, newest first",
      description: "Page by page: `next` leads to the one after. `format=csv` gives a table (RFC 4180).",
      query: historyQuery,
      answers: {
        200: { description: "A page", schema: history, types: ["application/json", "text/csv"] },
      },
    },
    ({ api, query }) => {
      if (query.format === "json") return { kind: "value", value: pageOf(api, query) };
      const lines = api.service.archive.historyPage(filterOf(query, HISTORY_EXPORT));
      const fileName = "esddns-history.csv";
      return {
        kind: "text",
        type: "text/csv; charset=utf-8; header=present",
        text: historyCsv(lines),
        fileName,
      };
    },
  ),
  endpoint(
    {
      ...PLAIN,
      id: "getEpisodes",
      path: "/api/v1/episodes",
      summary: "How an address stood, with its gaps; by default of the last 30 days",
      query: familyQuery,
      answers: { 200: { description: "The episodes that reach into that time", schema: episodes } },
    },
    ({ api: { service }, query: { family, since = ago(service, 30 * DAY) } }) => {
      const found = service.archive.episodes(family, since);
      return { kind: "value", value: { family, episodes: found.map(reportEpisode) } };
    },
  ),
  endpoint(
    {
      ...PLAIN,
      id: "getMeasures",
      path: "/api/v1/measures",
      summary: "How the witnesses did, a quarter of an hour each; by default of the last day",
      query: familyQuery,
      answers: { 200: { description: "The measures", schema: measures } },
    },
    ({ api: { service }, query: { family, since = ago(service, DAY) } }) => {
      const found = service.archive.measures(family, since);
      return {
        kind: "value",
        value: { family, spanMs: MEASURE_SPAN, measures: found.map(reportMeasure) },
      };
    },
  ),
  endpoint(
    {
      ...PLAIN,
      id: "getHappenings",
      path: "/api/v1/happenings",
      summary: "What was worth telling a person, newest first",
      query: happeningsQuery,
      answers: { 200: { description: "By default the latest 50", schema: happenings } },
    },
    ({ api: { service }, query: { limit = PAGE } }) => ({
      kind: "value",
      value: { happenings: service.archive.happenings(limit).filter(isHappening).map(reportHappening) },
    }),
  ),
];

function pageOf({ service }: Api, query: Query): z.output<typeof history> {
  const { limit = PAGE } = query;
  // One more than asked for says whether there is another page
  const lines = service.archive.historyPage({ ...filterOf(query, limit), limit: limit + 1 });
  const entries = lines.slice(0, limit);
  const last = lines.length > limit ? entries.at(-1) : undefined;
  return { entries: entries.map(reportHistoryEntry), next: last ? linkTo(query, limit, last.id) : null };
}

function filterOf({ limit, before, record, since, until }: Query, otherwise: number): HistoryQuery {
  return { limit: limit ?? otherwise, before, record, since, until };
}

function linkTo({ record, since, until }: Query, limit: number, before: number): string {
  const query = new URLSearchParams({ limit: String(limit), before: String(before) });
  if (record) query.set("record", record);
  if (since) query.set("since", since.toISOString());
  if (until) query.set("until", until.toISOString());
  return `${PATH}?${query.toString()}`;
}

function ago({ now }: Api["service"], span: number): Date {
  return new Date(now().getTime() - span);
}
