import { z } from "zod";
import type { EventReaders } from "#service/api/event-readers.ts";
import { describeIssues, queryObject, readBody } from "#service/api/request.ts";
import type { ServiceContext } from "#service/context.ts";
import type { Access, Answer, Route, ServiceRequest } from "#service/http/route.ts";

export type OpenApiDocument = Readonly<Record<string, unknown>>;

/** What the endpoints of one service share. */
export interface Api {
  readonly service: ServiceContext;
  readonly readers: EventReaders;
  readonly document: () => OpenApiDocument;
}

export interface DocumentedAnswer {
  readonly description: string;
  readonly schema: z.ZodType;
  /** `application/json` unless said otherwise; several when the request chooses. */
  readonly types?: readonly string[] | undefined;
}

/** All of an endpoint that the OpenAPI document shows. */
export interface EndpointDocument {
  readonly id: string;
  readonly method: Route["method"];
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly description?: string | undefined;
  readonly query: z.ZodObject;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body: z.ZodType;
  readonly answers: Readonly<Record<number, DocumentedAnswer>>;
  /** Beyond those that every endpoint has: status and when. */
  readonly problems?: Readonly<Record<number, string>> | undefined;
}

/** A value of one of the answers' schemas, or anything else that the service can answer. */
export type Reply<Value> =
  | { readonly kind: "value"; readonly status?: number | undefined; readonly value: Value }
  | Exclude<Answer, { readonly kind: "json" }>;

export interface Asked<Query, Body> {
  readonly api: Api;
  readonly query: Query;
  readonly body: Body;
  readonly request: ServiceRequest;
}

export interface Endpoint {
  readonly document: EndpointDocument;
  readonly route: (api: Api) => Route;
}

const NO_QUERY = z.strictObject({});
const NO_BODY = z.undefined();
/** Issues carry what was given, which says whether anything was. */
const REPORTED = { reportInput: true };

/** What most endpoints are: a question without parameters, for who may read. */
export const PLAIN = { method: "GET", access: "read", query: NO_QUERY, body: NO_BODY } as const;

/** An endpoint whose requests are checked, and whose answers are typed, by what its document says. */
export function endpoint<
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Answers extends Readonly<Record<number, DocumentedAnswer>>,
>(
  document: EndpointDocument & { readonly query: Query; readonly body: Body; readonly answers: Answers },
  handle: (
    asked: Asked<z.output<Query>, z.output<Body>>,
  ) => Promise<Reply<ValueOf<Answers>>> | Reply<ValueOf<Answers>>,
): Endpoint {
  const { method, path, access } = document;
  async function answer(api: Api, request: ServiceRequest): Promise<Answer> {
    const query = document.query.safeParse(queryObject(request.query), REPORTED);
    if (!query.success) return invalid(describeIssues(query.error, "query", document.query));
    const body = document.body.safeParse(await readBody(document.body, request), REPORTED);
    if (!body.success) return invalid(describeIssues(body.error, "body", document.body));
    const reply = await handle({ api, request, query: query.data, body: body.data });
    return reply.kind === "value" ? { kind: "json", status: reply.status, value: reply.value } : reply;
  }
  return { document, route: (api) => ({ method, path, access, handle: (request) => answer(api, request) }) };
}

type ValueOf<Answers extends Readonly<Record<number, DocumentedAnswer>>> = z.output<
  Answers[keyof Answers & number]["schema"]
>;

function invalid(errors: readonly { readonly path: string; readonly message: string }[]): Answer {
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
  const title = "Cannot use the request";
  return { kind: "problem", status: 400, type: "invalid-request", title, detail, members: { errors } };
}
