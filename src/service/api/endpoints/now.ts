import { type Api, endpoint, PLAIN } from "#service/api/endpoint.ts";
import { reportVerdicts } from "#service/api/family-report.ts";
import { reportProvider } from "#service/api/provider-report.ts";
import { reportRecord } from "#service/api/record-report.ts";
import { providers } from "#service/api/schemas/providers.ts";
import { records } from "#service/api/schemas/records.ts";
import { sources } from "#service/api/schemas/sources.ts";
import { state, summary } from "#service/api/schemas/state.ts";
import { verdicts } from "#service/api/schemas/verdicts.ts";
import { reportState } from "#service/api/state-report.ts";
import { reportSummary } from "#service/api/summary-report.ts";
import { reportWitnessWithRecent } from "#service/api/witness-report.ts";

export function currentState({ state, now, feed }: Api["service"]) {
  return reportState(state(), { now: now(), lastEventId: feed.lastId });
}

export const nowEndpoints = [
  endpoint(
    {
      ...PLAIN,
      id: "getState",
      path: "/api/v1/state",
      summary: "Everything that is known now",
      answers: { 200: { description: "The state", schema: state } },
    },
    ({ api }) => ({ kind: "value", value: currentState(api.service) }),
  ),
  endpoint(
    {
      ...PLAIN,
      id: "getSummary",
      path: "/api/v1/summary",
      summary: "The least of it, for widgets and monitors",
      answers: { 200: { description: "The summary", schema: summary } },
    },
    ({ api: { service } }) => ({ kind: "value", value: reportSummary(service.state(), service.archive) }),
  ),
  endpoint(
    {
      ...PLAIN,
      id: "getVerdicts",
      path: "/api/v1/verdicts",
      summary: "What the latest round made of its observations",
      answers: { 200: { description: "The verdicts", schema: verdicts } },
    },
    ({ api }) => ({ kind: "value", value: reportVerdicts(api.service.state()) }),
  ),
  endpoint(
    {
      ...PLAIN,
      id: "getSources",
      path: "/api/v1/sources",
      summary: "Who is asked, and what they say",
      answers: { 200: { description: "The witnesses", schema: sources } },
    },
    ({ api }) => ({
      kind: "value",
      value: { witnesses: api.service.state().witnesses.map(reportWitnessWithRecent) },
    }),
  ),
  endpoint(
    {
      ...PLAIN,
      id: "getRecords",
      path: "/api/v1/records",
      summary: "The records and how they stand",
      answers: { 200: { description: "The records", schema: records } },
    },
    ({ api }) => ({ kind: "value", value: { records: api.service.state().records.map(reportRecord) } }),
  ),
  endpoint(
    {
      ...PLAIN,
      id: "getProviders",
      path: "/api/v1/providers",
      summary: "The accounts and how they do",
      answers: { 200: { description: "The accounts", schema: providers } },
    },
    ({ api }) => ({ kind: "value", value: { providers: api.service.state().providers.map(reportProvider) } }),
  ),
];
