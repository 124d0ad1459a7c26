import type { OpenApi, Operation, SchemaObject } from "#service/pages/api-page-document.ts";
import { type FieldRow, fieldsOf, SCHEMAS, typeOf, type TypeWords } from "#service/pages/api-page-types.ts";

export interface EndpointView {
  /** Of the operation: names its place on the page. */
  readonly id: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly FieldRow[];
  readonly body: readonly FieldRow[];
  readonly answers: readonly {
    readonly status: string;
    readonly words: string;
    readonly types: readonly string[];
    readonly schema: TypeWords;
    /** Of a schema without a name. */
    readonly fields: readonly FieldRow[];
  }[];
  /** Beyond those that most have. */
  readonly problems: readonly ProblemView[];
  /** To try it. */
  readonly curl: string;
}

interface ProblemView {
  readonly status: string;
  readonly words: string;
}

export interface ApiModel {
  /** Paragraphs. */
  readonly introduction: readonly string[];
  readonly groups: readonly {
    readonly title: string;
    readonly words: string;
    readonly endpoints: readonly EndpointView[];
  }[];
  /** What most endpoints may answer. */
  readonly problems: readonly ProblemView[];
  readonly schemas: readonly {
    readonly name: string;
    readonly words: string;
    readonly type: TypeWords;
    readonly fields: readonly FieldRow[];
  }[];
}

/** Where the examples lead, and whether they need a token. */
export interface Reach {
  readonly origin: string;
  readonly needsToken: boolean;
}

type Scope = Operation["x-scope"];

const GROUPS: Readonly<Record<Scope, readonly [title: string, words: string]>> = {
  read: ["See", "Changes nothing; the scope read."],
  operate: ["Do", "Makes the daemon do something; the scope operate."],
  open: ["For everybody", "Without a token."],
};

export function apiModel({ info, paths, components }: OpenApi, reach: Reach): ApiModel {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    (["get", "post"] as const).flatMap((method) => {
      const operation = methods[method];
      return operation ? [{ path, method: METHODS[method], operation }] : [];
    }),
  );
  const resolve = resolverOf(components.schemas);
  const common = commonProblems(operations.map(({ operation }) => operation));
  const groups = (["read", "operate", "open"] as const).map((scope) => {
    const [title, words] = GROUPS[scope];
    const own = operations.filter(({ operation }) => operation["x-scope"] === scope);
    return { title, words, endpoints: own.map((each) => endpointView(each, { common, reach, resolve })) };
  });
  return {
    introduction: info.description.split(/\n{2,}/).filter((paragraph) => paragraph !== ""),
    groups: groups.filter(({ endpoints }) => endpoints.length > 0),
    problems: common,
    schemas: Object.entries(components.schemas)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, schema]) => ({
        name,
        words: schema.description ?? "",
        type: typeOf(schema),
        fields: fieldsOf(schema),
      })),
  };
}

const METHODS = { get: "GET", post: "POST" } as const;

/** What has a name of its own stands among the others of the document. */
function resolverOf(schemas: OpenApi["components"]["schemas"]): (schema: SchemaObject) => SchemaObject {
  return (schema) =>
    schema.$ref === undefined ? schema : (schemas[schema.$ref.replace(SCHEMAS, "")] ?? schema);
}

interface Located {
  readonly path: string;
  readonly method: EndpointView["method"];
  readonly operation: Operation;
}

interface Around {
  readonly common: readonly ProblemView[];
  readonly reach: Reach;
  readonly resolve: (schema: SchemaObject) => SchemaObject;
}

function endpointView(located: Located, { common, reach, resolve }: Around): EndpointView {
  const { path, method, operation } = located;
  const content = Object.values(operation.requestBody?.content ?? {})[0];
  const body = content && resolve(content.schema);
  const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith("2"));
  return {
    id: operation.operationId,
    method,
    path,
    summary: operation.summary,
    description: operation.description,
    parameters: operation.parameters.map((parameter) => ({
      name: parameter.name,
      type: typeOf(parameter.schema),
      isOptional: !parameter.required,
      words: parameter.description,
    })),
    body: body ? fieldsOf(body) : [],
    answers: answers.map(([status, { description, content = {} }]) => {
      const schema = Object.values(content)[0]?.schema ?? {};
      const types = Object.keys(content);
      return { status, words: description, types, schema: typeOf(schema), fields: fieldsOf(schema) };
    }),
    problems: problemsOf(operation).filter((each) => !common.some((other) => isSame(each, other))),
    curl: curlLine(located, body, reach),
  };
}

/** So that what nearly every endpoint says is said once. */
function commonProblems(operations: readonly Operation[]): readonly ProblemView[] {
  const all = operations.flatMap(problemsOf);
  const often = all.filter(
    (each) => 2 * all.filter((other) => isSame(each, other)).length > operations.length,
  );
  return often.filter((each, index) => often.findIndex((other) => isSame(each, other)) === index);
}

function problemsOf({ responses }: Operation): readonly ProblemView[] {
  return Object.entries(responses)
    .filter(([status]) => !status.startsWith("2"))
    .map(([status, { description }]) => ({
      status: status === "default" ? "else" : status,
      words: description,
    }));
}

function isSame(a: ProblemView, b: ProblemView): boolean {
  return a.status === b.status && a.words === b.words;
}

/** For a POSIX shell; runs as it is, but for the token. */
function curlLine(
  { path, method, operation }: Located,
  body: SchemaObject | undefined,
  { origin, needsToken }: Reach,
): string {
  const stream = Object.keys(operation.responses["200"]?.content ?? {}).includes("text/event-stream");
  const query = operation.parameters
    .filter((parameter) => parameter.required && parameter.in === "query")
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(schema.enum?.[0] ?? "…"))}`);
  const data = Object.keys(body?.properties ?? {}).map((name) => `"${name}": "…"`);
  return [
    stream ? "curl -sN" : "curl -s",
    ...(method === "POST" ? ["-X POST -H 'Content-Type: application/json'"] : []),
    ...(needsToken ? [`-H "Authorization: Bearer $ESDDNS_TOKEN"`] : []),
    ...(stream ? ["-H 'Accept: text/event-stream'"] : []),
    ...(data.length > 0 ? [`-d '{${data.join(", ")}}'`] : []),
    `'${origin}${path}${query.length > 0 ? `?${query.join("&")}` : ""}'`,
  ].join(" ");
}
