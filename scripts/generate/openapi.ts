import { z } from "zod";
import type { EndpointDocument } from "../../src/service/api/endpoint.ts";
import { type Examples, openApiDocument } from "../../src/service/api/openapi.ts";
import { ENDPOINTS } from "../../src/service/api/routes.ts";
import { apiExamples } from "./api-examples.ts";
import { table } from "./markdown.ts";

const documents = ENDPOINTS.map(({ document }) => document);

/** The OpenAPI document and the same for people, with answers of a simulated daemon. */
export async function apiPages(): Promise<{ readonly json: string; readonly markdown: string }> {
  const examples = await apiExamples();
  const json = JSON.stringify(openApiDocument(documents, examples), null, 2);
  return {
    json,
    markdown: [INTRODUCTION, overview(), ...documents.map((each) => section(each, examples))].join("\n\n"),
  };
}

const INTRODUCTION = `# The API

The daemon answers programs at \`/api/v1/\`, where its pages are: \`http://127.0.0.1:51339\` unless \`service.listen\` says otherwise. [\`openapi.json\`](openapi.json) is the same as this page for programs; the daemon has its own at \`/api/v1/openapi.json\`. Examples for dashboards at home are in [\`examples/widgets/\`](/examples/widgets/).

- **Times** are UTC in ISO 8601. **Spans** are milliseconds, in fields whose names end with \`Ms\`. What is not known is \`null\`.
- **Who may ask:** send \`Authorization: Bearer\` with one of \`service.tokens\`. The scope \`read\` sees, \`operate\` changes something. Without a password and tokens, programs on the daemon's own host may do both.
- **A POST** has \`Content-Type: application/json\`. A page sends the session's token as \`x-esddns-csrf\`.
- **Problems** are documents as in RFC 9457, \`application/problem+json\`; \`errors\` lists everything that is wrong with a request. A parameter that nobody knows is a problem, too.

\`\`\`sh
curl -s -H "Authorization: Bearer $TOKEN" http://127.0.0.1:51339/api/v1/summary
curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{}' "http://127.0.0.1:51339/api/v1/round?wait=1"
curl -sN -H "Authorization: Bearer $TOKEN" "http://127.0.0.1:51339/api/v1/events?kinds=happening"
\`\`\``;

function overview(): string {
  const rows = documents.map(({ method, path, access, summary }) => [
    `[\`${method} ${path}\`](#${anchor(method, path)})`,
    `\`${access}\``,
    summary,
  ]);
  return table(["", "scope", ""], rows);
}

function section(document: EndpointDocument, examples: Examples): string {
  const { id, method, path, summary, description, query, body } = document;
  const example = examples.get(id);
  const parts = [
    `## ${method} ${path}`,
    `${summary}.`,
    description,
    parameterTable(query, "parameter"),
    body instanceof z.ZodObject ? parameterTable(body, "field of the body") : undefined,
    answerTable(document),
    example === undefined ? undefined : `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``,
  ];
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}

function parameterTable(parameters: z.ZodObject, name: string): string {
  const rows = Object.entries(parameters.shape).map(([key, schema]) => {
    const { description = "" } = z.toJSONSchema(schema, { io: "input" });
    return [`\`${key}\``, isNeeded(schema) ? "yes" : "", description];
  });
  return rows.length === 0 ? "" : table([name, "needed", ""], rows);
}

function isNeeded(schema: z.core.$ZodType): boolean {
  return !z.safeParse(schema, undefined).success;
}

function answerTable({ answers, problems = {} }: EndpointDocument): string {
  const rows = [
    ...Object.entries(answers).map(([status, { description, types = ["application/json"] }]) => [
      status,
      `${description} (${types.map((type) => `\`${type}\``).join(" or ")})`,
    ]),
    ...Object.entries(problems),
  ];
  return table(["status", ""], rows);
}

/** As GitHub makes them of headings. */
function anchor(method: string, path: string): string {
  return `${method} ${path}`
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}
