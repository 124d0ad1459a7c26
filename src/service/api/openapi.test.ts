import { describe, expect, it } from "vitest";
import { apiDocument, apiRoutes } from "#service/api/routes.ts";
import { serviceWorld } from "#testing/service-world.ts";

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly required: boolean;
    readonly schema: object;
  }[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
  readonly requestBody?: unknown;
  readonly "x-scope": string;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object; readonly securitySchemes: object };
  readonly security: readonly object[];
}

const text = JSON.stringify(apiDocument());
const document: Document = JSON.parse(text);
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

describe("the OpenAPI document", () => {
  it("has every route with the scope that it asks for, and no other", async () => {
    const { context, close } = await serviceWorld("empty");
    const routes = apiRoutes(context).map(({ method, path, access }) => `${method} ${path} ${access}`);
    await close();
    const documented = Object.entries(document.paths).flatMap(([path, own]) =>
      Object.entries(own).map(([method, each]) => `${method.toUpperCase()} ${path} ${each["x-scope"]}`),
    );
    expect(documented.toSorted()).toEqual(routes.toSorted());
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it("refers to nothing that it does not have, and has nothing that nobody refers to", () => {
    const used = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, id = ""]) => id),
    );
    // What the data of events is stands in a stream, which OpenAPI cannot say
    used.add("EventData");
    expect([...used].toSorted()).toEqual(Object.keys(document.components.schemas).toSorted());
    const schemes = new Set(Object.keys(document.components.securitySchemes));
    expect(document.security.flatMap(Object.keys).every((name) => schemes.has(name))).toBe(true);
  });

  it("says of every operation how it ends, well and badly", () => {
    expect(document.openapi).toBe("3.1.1");
    for (const { responses, operationId } of operations) {
      const statuses = Object.keys(responses);
      expect(statuses, operationId).toEqual(expect.arrayContaining(["200", "401", "403", "default"]));
    }
  });

  it("knows what must be there and what a number is", () => {
    const parameters = (path: string) => document.paths[path]?.["get"]?.parameters ?? [];
    expect(parameters("/api/v1/episodes").map(({ name, required }) => [name, required])).toEqual([
      ["family", true],
      ["since", false],
    ]);
    const limit = parameters("/api/v1/happenings").find(({ name }) => name === "limit");
    expect(limit?.schema).toMatchObject({ type: "integer", minimum: 1, maximum: 500 });
    expect(document.paths["/api/v1/plan/apply"]?.["post"]?.requestBody).toMatchObject({ required: true });
  });
});
