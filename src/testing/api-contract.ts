import { expect } from "vitest";
import { z } from "zod";
import { apiDocument } from "#service/api/routes.ts";

type Json = Readonly<Record<string, unknown>>;

const schemas = new Map<string, z.ZodType>();

/**
 * Fails unless the OpenAPI document, as it is served, has such an answer: this path and status with this body.
 *
 * @param path with or without a query
 */
export function expectValid(
  path: string,
  status: number,
  body: unknown,
  method: "GET" | "POST" = "GET",
): void {
  const where = `${method} ${path} ${status}`;
  const schema = schemaFor(path.replace(/\?.*/, ""), status, method);
  const parsed = schema.safeParse(body);
  expect(
    parsed.error && `${where}: ${z.prettifyError(parsed.error)}\n${JSON.stringify(body)}`,
  ).toBeUndefined();
}

/** The same of one event's data. */
export function expectValidEvent(kind: string, data: unknown): void {
  const parsed = fromDocument({ $ref: "#/components/schemas/EventData" }).safeParse({ [kind]: data });
  expect(
    parsed.error && `${kind}: ${z.prettifyError(parsed.error)}\n${JSON.stringify(data)}`,
  ).toBeUndefined();
}

function schemaFor(path: string, status: number, method: string): z.ZodType {
  const operation = member(member(member(apiDocument(), "paths"), path), method.toLowerCase());
  const responses = member(operation, "responses");
  const response = status in responses ? member(responses, String(status)) : member(responses, "default");
  const content = member(response, "content");
  const type = ["application/json", "application/problem+json"].find((each) => each in content);
  if (type === undefined) throw new Error(`${method} ${path} ${status} has no JSON`);
  return fromDocument(member(member(content, type), "schema"));
}

/** zod reads JSON Schema with its definitions in `$defs`. */
function fromDocument(schema: Json): z.ZodType {
  const key = JSON.stringify(schema);
  const made = schemas.get(key) ?? z.fromJSONSchema(moved({ ...schema, $defs: definitions() }));
  schemas.set(key, made);
  return made;
}

function definitions(): Json {
  return member(member(apiDocument(), "components"), "schemas");
}

function moved(schema: Json): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema).replaceAll("#/components/schemas/", "#/$defs/"));
}

function member(value: Json, name: string): Json {
  const found = value[name];
  if (typeof found !== "object" || found === null) throw new Error(`the document has no "${name}"`);
  return { ...found };
}
