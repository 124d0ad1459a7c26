import { z } from "zod";

/** As much of JSON Schema as the API's document uses. */
export const schemaObject = z.object({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  const: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
  default: z.unknown().optional(),
  format: z.string().optional(),
  description: z.string().optional(),
  required: z.array(z.string()).optional(),
  get items() {
    return schemaObject.optional();
  },
  get properties() {
    return z.record(z.string(), schemaObject).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), schemaObject]).optional();
  },
  get anyOf() {
    return z.array(schemaObject).optional();
  },
  get oneOf() {
    return z.array(schemaObject).optional();
  },
});

export type SchemaObject = z.output<typeof schemaObject>;

const content = z.record(z.string(), z.object({ schema: schemaObject }));

const operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  description: z.string().default(""),
  "x-scope": z.enum(["open", "operate", "read"]),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.enum(["header", "path", "query"]),
        required: z.boolean().default(false),
        description: z.string().default(""),
        schema: schemaObject,
      }),
    )
    .default([]),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: content.optional() })),
});

export type Operation = z.output<typeof operation>;

/** As much of OpenAPI 3.1 as the page shows. @throws {ZodError} for a document that is none */
export const openApi = z.object({
  openapi: z.string(),
  info: z.object({ title: z.string(), version: z.string(), description: z.string().default("") }),
  paths: z.record(z.string(), z.partialRecord(z.enum(["get", "post"]), operation)),
  components: z.object({ schemas: z.record(z.string(), schemaObject) }),
});

export type OpenApi = z.output<typeof openApi>;
