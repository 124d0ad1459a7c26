import { z } from "zod";
import { endpoint, PLAIN } from "#service/api/endpoint.ts";
import { eventsQuery } from "#service/api/schemas/events.ts";

export const eventsEndpoint = endpoint(
  {
    ...PLAIN,
    id: "readEvents",
    path: "/api/v1/events",
    summary: "Everything that happens, as it happens",
    description:
      "Server-sent events. A reader that comes back with `Last-Event-ID` gets what it missed; when that is too " +
      "old, and at its first visit, it gets a `state` event instead, which replaces all that it knew. " +
      "`EventData` says what the data of each kind is.",
    query: eventsQuery,
    headers: { "Last-Event-ID": "The last event that the reader has" },
    answers: { 200: { description: "The events", schema: z.string(), types: ["text/event-stream"] } },
    problems: { 503: "Too many read along already" },
  },
  ({ api, query, request }) => {
    const { kinds, lastEventId, state } = query;
    const header = request.headers["last-event-id"];
    const from = (typeof header === "string" && header !== "" ? header : undefined) ?? lastEventId;
    return {
      kind: "stream",
      type: "text/event-stream",
      start: (sink) => api.readers.start(sink, { from, kinds, wantsState: state }),
    };
  },
);
