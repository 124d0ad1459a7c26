import { z } from "zod";
import { familyOf, recordId } from "#core/record.ts";
import { endpoint, PLAIN } from "#service/api/endpoint.ts";
import { NOT_FOUND } from "#service/http/problem.ts";
import { HttpProblem } from "#service/http/route.ts";
import { configuration, raw } from "#service/api/schemas/operations.ts";
import { rawState } from "#report/raw-state.ts";

export const aboutEndpoints = [
  endpoint(
    {
      ...PLAIN,
      id: "getOpenApi",
      path: "/api/v1/openapi.json",
      summary: "This document",
      answers: { 200: { description: "OpenAPI 3.1", schema: z.record(z.string(), z.unknown()) } },
    },
    ({ api }) => ({ kind: "value", value: api.document() }),
  ),
  endpoint(
    {
      ...PLAIN,
      id: "getConfiguration",
      path: "/api/v1/config",
      summary: "The values in force, and what is wrong with the file as it is now",
      answers: { 200: { description: "The configuration", schema: configuration } },
    },
    async ({ api }) => {
      const { file, values, notes } = await api.service.operations.configuration();
      return { kind: "value", value: { file, values, notes } };
    },
  ),
  endpoint(
    {
      ...PLAIN,
      id: "getRaw",
      path: "/raw",
      summary: "The original's document, of the first record",
      answers: { 200: { description: "The document", schema: raw } },
      problems: { 404: "No record is configured" },
    },
    ({ api: { service } }) => {
      const [first] = service.state().records;
      if (!first) throw new HttpProblem({ ...NOT_FOUND, detail: "No record is configured" });
      const { record } = first;
      const belief = service.archive.beliefs().get(familyOf(record.type));
      const published = service.archive.publishedIn(recordId(record));
      return { kind: "value", value: rawState(record, belief, published) };
    },
  ),
];
