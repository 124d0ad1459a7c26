import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiRoutes, ENDPOINTS } from "#service/api/routes.ts";
import { expectValid } from "#testing/api-contract.ts";
import { type ServedWorld, serveWorld } from "#testing/served-world.ts";
import type { ServiceWorldKind } from "#testing/service-world.ts";

let lived: ServedWorld;

beforeAll(async () => {
  lived = await serveWorld({ routes: apiRoutes });
});

afterAll(() => lived.close());

async function json(world: ServedWorld, path: string, status = 200): Promise<unknown> {
  const response = await world.ask(path);
  expect(response.status).toBe(status);
  const body: unknown = await response.json();
  expectValid(path, status, body);
  return body;
}

const QUERIES: Readonly<Record<string, string>> = {
  "/api/v1/episodes": "?family=4",
  "/api/v1/measures": "?family=6",
};
const QUESTIONS = ENDPOINTS.flatMap(({ document: { method, path, id } }) =>
  method === "GET" && id !== "readEvents" ? [path + (QUERIES[path] ?? "")] : [],
);

/** What belongs to a cluster is a problem without one. */
function statusOf(question: string, kind: ServiceWorldKind): number {
  return question === "/api/v1/cluster" && kind !== "following" ? 404 : 200;
}

describe.each(["lived", "empty", "troubled", "following"] as const)("in a world that is %s", (kind) => {
  it("every question is answered as the document says", async () => {
    const world = kind === "lived" ? lived : await serveWorld({ kind, routes: apiRoutes });
    for (const question of QUESTIONS) await json(world, question, statusOf(question, kind));
    expect(world.log.messages("error")).toEqual([]);
    if (kind !== "lived") await world.close();
  });
});
