import { z } from "zod";
import type { DocumentedAnswer, EndpointDocument, OpenApiDocument } from "#service/api/endpoint.ts";
import { components } from "#service/api/schemas/common.ts";

type Json = Readonly<Record<string, unknown>>;

const PROBLEM = "application/problem+json";
const TEXT = { schema: { type: "string" } };
const SCHEMAS = "#/components/schemas/";

const DESCRIPTION = `What a daemon knows and does, for programs.

Times are UTC in ISO 8601, spans are milliseconds in fields that end with \`Ms\`, addresses are text; what is not known is \`null\`.

Programs send \`Authorization: Bearer\` with one of \`service.tokens\`: the scope \`read\` sees, \`operate\` changes something. Without a password and tokens, programs on the daemon's own host may do both; their POST has \`Content-Type: application/json\`. Pages use the session's cookie, and send the header \`x-esddns-csrf\` with every POST.`;

/** Answers by operation id. */
export type Examples = ReadonlyMap<string, unknown>;

/** OpenAPI 3.1, from the schemas that check requests and type answers. */
export function openApiDocument(
  endpoints: readonly EndpointDocument[],
  examples: Examples = new Map(),
): OpenApiDocument {
  return {
    openapi: "3.1.1",
    info: {
      title: "esddns",
      version: "1",
      description: DESCRIPTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { session: [] }],
    paths: Object.fromEntries(
      Map.groupBy(endpoints, ({ path }) => path)
        .entries()
        .map(([path, own]) => [
          path,
          Object.fromEntries(own.map((each) => operationEntry(each, examples.get(each.id)))),
        ]),
    ),
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "One of `service.tokens`" },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-esddns",
          description: "Of who signed in; without TLS its name is `esddns`",
        },
      },
    },
  };
}

function operationEntry(document: EndpointDocument, example: unknown): readonly [string, Json] {
  const { id, method, summary, description, access, query, headers = {}, body } = document;
  const hasBody = !(body instanceof z.ZodUndefined);
  const parameters = [...queryParameters(query), ...Object.entries(headers).map(headerParameter)];
  return [
    method.toLowerCase(),
    {
      operationId: id,
      summary,
      ...(description !== undefined && { description }),
      "x-scope": access,
      ...(parameters.length > 0 && { parameters }),
      ...(hasBody && {
        requestBody: { required: true, content: { "application/json": { schema: reference(body) } } },
      }),
      responses: responsesOf(document, example, {
        mayBeInvalid: hasBody || Object.keys(query.shape).length > 0,
      }),
    },
  ];
}

function queryParameters(query: z.ZodObject): readonly Json[] {
  return Object.entries(query.shape).map(([name, schema]) => {
    const { description, ...rest } = inputSchema(schema);
    return {
      name,
      in: "query",
      required: !z.safeParse(schema, undefined).success,
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

function headerParameter([name, description]: readonly [string, string]): Json {
  return { name, in: "header", required: false, description, schema: { type: "string" } };
}

function responsesOf(
  { answers, problems = {}, access }: EndpointDocument,
  example: unknown,
  { mayBeInvalid }: { readonly mayBeInvalid: boolean },
): Json {
  const refusals = {
    ...(mayBeInvalid && { 400: "The request cannot be used: `errors` lists everything that is wrong" }),
    401: "Nobody is signed in, and no token was sent",
    403: access === "operate" ? "The token may only read, or a page of another site sent it" : "Not allowed",
  };
  return {
    ...mapValues(answers, (answer, status) => answerOf(answer, status === "200" ? example : undefined)),
    ...mapValues({ ...refusals, ...problems }, problemOf),
    default: problemOf("Anything else that goes wrong"),
  };
}

function answerOf(
  { description, schema, types = ["application/json"] }: DocumentedAnswer,
  example: unknown,
): Json {
  const json = reference(schema);
  const content = types.map((type) => [type, /json/.test(type) ? { schema: json, example } : TEXT]);
  return { description, content: Object.fromEntries(content) };
}

function problemOf(description: string): Json {
  return { description, content: { [PROBLEM]: { schema: { $ref: `${SCHEMAS}Problem` } } } };
}

function componentSchemas(): Json {
  const uri = (id: string) => SCHEMAS + id;
  const { schemas } = z.toJSONSchema(components, { uri, override: plain, io: "output" });
  return mapValues(schemas, withoutName);
}

function reference(schema: z.ZodType): Json {
  const id = components.get(schema)?.id;
  return id === undefined ? inputSchema(schema) : { $ref: SCHEMAS + id };
}

/** What a request may hold: before it was read. */
function inputSchema(schema: z.core.$ZodType): Json {
  return withoutName(z.toJSONSchema(schema, { io: "input", override: plain }));
}

/** They stand within a document that says both. */
function withoutName(schema: Json): Json {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$schema" && key !== "$id"));
}

/** Without what says nothing to a reader. */
function plain({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  delete jsonSchema.readOnly;
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function mapValues<Value, Result>(
  values: Readonly<Record<string, Value>>,
  change: (value: Value, key: string) => Result,
): Readonly<Record<string, Result>> {
  const entries = Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, change(value, key)]));
}
