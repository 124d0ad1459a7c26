import type { Examples } from "../../src/service/api/openapi.ts";
import { apiRoutes, ENDPOINTS } from "../../src/service/api/routes.ts";
import type { Route } from "../../src/service/http/route.ts";
import { clusterState } from "../../src/testing/cluster-state.ts";
import { serviceRequest } from "../../src/testing/service-request.ts";
import { NOW } from "../../src/testing/service-world/scenery.ts";
import { serviceWorld } from "../../src/testing/service-world.ts";

/** Of a list this much says it all. */
const ITEMS = 2;

const QUERIES: Readonly<Record<string, string>> = {
  "/api/v1/episodes": "?family=4",
  "/api/v1/measures": "?family=4",
  "/api/v1/history": "?limit=2",
  "/api/v1/happenings": "?limit=2",
  "/api/v1/round": "?wait=1",
  "/api/v1/plan/apply": "?wait=1",
};
/** One is a stream, the other would have itself in it. */
const WITHOUT = new Set(["readEvents", "getOpenApi"]);

/** Asks a daemon that has lived for a while everything that the API can be asked. */
export async function apiExamples(): Promise<Examples> {
  const world = await serviceWorld("lived", { cluster: () => clusterState(NOW) });
  const routes = apiRoutes(world.context);
  const examples = new Map<string, unknown>();
  for (const [index, { document }] of ENDPOINTS.entries()) {
    const route = routes[index];
    if (!route || WITHOUT.has(document.id)) continue;
    const plan = examples.get("getPlan");
    const body = { plan: typeof plan === "object" && plan && "digest" in plan ? plan.digest : "" };
    examples.set(document.id, shortened(await answerOf(route, body)));
  }
  await world.close();
  return examples;
}

async function answerOf({ handle, method, path }: Route, body: unknown): Promise<unknown> {
  const answer = await handle(serviceRequest(path + (QUERIES[path] ?? ""), { method, body }));
  if (answer.kind !== "json") throw new Error(`${method} ${path} has no example: ${JSON.stringify(answer)}`);
  return JSON.parse(JSON.stringify(answer.value));
}

function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, ITEMS).map(shortened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shortened(each)]));
}
