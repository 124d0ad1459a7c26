import { milliseconds } from "#core/units.ts";
import { type Api, endpoint, PLAIN } from "#service/api/endpoint.ts";
import { orProblem } from "#service/api/failure.ts";
import { findings } from "#service/api/schemas/operations.ts";
import type { Finding } from "#service/context.ts";
import { withDeadline } from "#service/deadline.ts";
import type { StreamSink } from "#service/http/route.ts";
import { describeError } from "#core/errors.ts";

const DEADLINE = milliseconds(120_000);

export const doctorEndpoint = endpoint(
  {
    ...PLAIN,
    id: "examine",
    method: "POST",
    path: "/api/v1/doctor",
    access: "operate",
    summary: "Asks every witness and every provider, with reads alone",
    description:
      "With `Accept: text/event-stream` each finding is an event `finding` as it comes, and `ended` is the last one.",
    answers: {
      200: {
        description: "What was found",
        schema: findings,
        types: ["application/json", "text/event-stream"],
      },
    },
    problems: { 503: "The daemon is ending", 504: "It takes too long to wait for" },
  },
  ({ api, request }) => {
    if (/\btext\/event-stream\b/.test(request.headers.accept ?? ""))
      return { kind: "stream", type: "text/event-stream", start: (sink) => stream(api, sink) };
    const { signal } = request;
    return orProblem(async () => {
      const found = await withDeadline(collect(api, signal), DEADLINE, "examine everything");
      return { kind: "value" as const, value: { findings: found } };
    });
  },
);

async function collect({ service }: Api, signal: AbortSignal): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for await (const finding of service.operations.doctor(signal)) found.push(finding);
  return found;
}

function stream({ service }: Api, sink: StreamSink): () => void {
  const gone = new AbortController();
  void tell(service.operations.doctor(gone.signal), sink, gone.signal);
  return () => gone.abort();
}

async function tell(found: AsyncIterable<Finding>, sink: StreamSink, gone: AbortSignal): Promise<void> {
  try {
    for await (const { result, subject, words } of found) {
      if (!sink.write(eventText("finding", { result, subject, words }))) return;
    }
    sink.write(eventText("ended", {}));
  } catch (error) {
    if (!gone.aborted) sink.write(eventText("failed", { message: describeError(error) }));
  }
  sink.end();
}

function eventText(kind: string, value: unknown): string {
  return `event: ${kind}\ndata: ${JSON.stringify(value)}\n\n`;
}
