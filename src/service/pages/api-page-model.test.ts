import { describe, expect, it } from "vitest";
import { openApiDocument } from "#service/api/openapi.ts";
import { ENDPOINTS } from "#service/api/routes.ts";
import { openApi, schemaObject } from "#service/pages/api-page-document.ts";
import { apiModel } from "#service/pages/api-page-model.ts";
import { fieldsOf, typeOf } from "#service/pages/api-page-types.ts";

const LOCAL = { origin: "http://127.0.0.1:51339", needsToken: false };
const document = openApi.parse(openApiDocument(ENDPOINTS.map((each) => each.document)));
const model = apiModel(document, LOCAL);
const endpoints = model.groups.flatMap((group) => group.endpoints);

function typeWords(schema: unknown): string {
  const words = typeOf(schemaObject.parse(schema));
  return words.map((word) => (typeof word === "string" ? word : word.schema)).join("");
}

describe("the API's page", () => {
  it("has every endpoint of the document, by what it takes to call it", () => {
    expect(endpoints.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
      ENDPOINTS.map(({ document }) => `${document.method} ${document.path}`).toSorted(),
    );
    const doing = model.groups.find(({ title }) => title === "Do");
    expect(doing?.endpoints.every(({ method }) => method === "POST")).toBe(true);
  });

  it("has every schema that one of its types leads to", () => {
    const named = new Set(model.schemas.map(({ name }) => name));
    const rows = [
      ...endpoints.flatMap(({ body, parameters }) => [...body, ...parameters]),
      ...model.schemas.flatMap(({ fields }) => fields),
    ];
    const led = [
      ...rows.map(({ type }) => type),
      ...endpoints.flatMap(({ answers }) => answers.map(({ schema }) => schema)),
    ]
      .flat()
      .flatMap((word) => (typeof word === "string" ? [] : [word.schema]));
    expect(led.length).toBeGreaterThan(20);
    expect(led.filter((name) => !named.has(name))).toEqual([]);
  });

  it("says once what nearly every endpoint may answer", () => {
    expect(model.problems.map(({ status }) => status)).toContain("401");
    const apply = endpoints.find(({ id }) => id === "applyPlan");
    expect(apply?.problems.map(({ status }) => status)).toContain("409");
    expect(apply?.problems.map(({ status }) => status)).not.toContain("401");
  });

  it("has an example for a shell, with a token where there has to be one", () => {
    const curlOf = (id: string, reach = LOCAL) =>
      apiModel(document, reach)
        .groups.flatMap((group) => group.endpoints)
        .find((each) => each.id === id)?.curl;
    expect(curlOf("getState")).toBe("curl -s 'http://127.0.0.1:51339/api/v1/state'");
    expect(curlOf("applyPlan", { ...LOCAL, needsToken: true })).toBe(
      `curl -s -X POST -H 'Content-Type: application/json' -H "Authorization: Bearer $ESDDNS_TOKEN" -d '{"plan": "…"}' 'http://127.0.0.1:51339/api/v1/plan/apply'`,
    );
    expect(curlOf("readEvents")).toMatch(/^curl -sN -H 'Accept: text\/event-stream'/);
  });
});

describe("a type in short", () => {
  it.each([
    [{ type: "string" }, "string"],
    [{ type: "string", format: "date-time" }, "date-time"],
    [{ type: ["string", "null"] }, "string | null"],
    [{ enum: ["a", "b", null] }, '"a" | "b" | null'],
    [{ type: "array", items: { $ref: "#/components/schemas/Record" } }, "Record[]"],
    [{ type: "array", items: { enum: [4, 6] } }, "(4 | 6)[]"],
    [{ anyOf: [{ $ref: "#/components/schemas/Plan" }, { type: "null" }] }, "Plan | null"],
    [{ type: "object", additionalProperties: { type: "number" } }, "{ [name]: number }"],
    [{}, "anything"],
  ])("of %j is %s", (schema, words) => {
    expect(typeWords(schema)).toBe(words);
  });

  it("has the fields of objects within below theirs", () => {
    const schema = schemaObject.parse({
      type: "object",
      required: ["all"],
      properties: {
        all: {
          type: "array",
          items: { type: "object", required: ["at"], properties: { at: { type: "string" } } },
        },
        one: { anyOf: [{ type: "object", properties: { to: { type: "number" } } }, { type: "null" }] },
      },
    });
    expect(fieldsOf(schema).map(({ name, isOptional }) => [name, isOptional])).toEqual([
      ["all", false],
      ["all[].at", false],
      ["one", true],
      ["one.to", true],
    ]);
  });
});
