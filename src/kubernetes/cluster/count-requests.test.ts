import { expect, it } from "vitest";
import { TransportError } from "#core/errors.ts";
import type { ApiRequest, ApiTransport } from "#kubernetes/api/ports.ts";
import { countRequests } from "#kubernetes/cluster/count-requests.ts";

const NEVER = new AbortController().signal;
const MAPS = "/api/v1/namespaces/home/configmaps";
const LEASE = "/apis/coordination.k8s.io/v1/namespaces/home/leases/esddns-leader";

/** Answers with that status, or not at all. */
function transport(status: number | undefined): ApiTransport {
  return {
    async open() {
      if (status === undefined)
        throw new TransportError("Cannot reach it", { code: "refused", peer: "API server", phase: "unsent" });
      return { status, headers: {}, body: (async function* () {})() };
    },
  };
}

it.each<[verb: string, Pick<ApiRequest, "method" | "target">]>([
  ["get", { method: "GET", target: `${MAPS}/esddns-wan-ip` }],
  ["get", { method: "GET", target: LEASE }],
  ["list", { method: "GET", target: `${MAPS}?fieldSelector=metadata.name%3Desddns-wan-ip` }],
  ["watch", { method: "GET", target: `${MAPS}?watch=1&resourceVersion=7` }],
  ["update", { method: "PUT", target: LEASE }],
  ["patch", { method: "PATCH", target: `${MAPS}/esddns-agents` }],
  ["create", { method: "POST", target: "/api/v1/namespaces/home/events" }],
])("%s is counted as RBAC names it: %o", async (verb, request) => {
  const counting = countRequests(transport(200));
  for (let time = 0; time < 2; time += 1) await counting.open({ ...request, headers: {} }, NEVER);
  expect(counting.counts()).toEqual([{ verb, code: 200, count: 2 }]);
});

it("what was refused or got no answer is counted apart, and what was given up is not", async () => {
  const request: ApiRequest = { method: "PUT", target: LEASE, headers: {} };
  const refused = countRequests(transport(409));
  await refused.open(request, NEVER);
  expect(refused.counts()).toEqual([{ verb: "update", code: 409, count: 1 }]);
  const away = countRequests(transport(undefined));
  await expect(away.open(request, NEVER)).rejects.toThrow("Cannot reach it");
  await expect(away.open(request, AbortSignal.abort())).rejects.toThrow("Cannot reach it");
  expect(away.counts()).toEqual([{ verb: "update", code: 0, count: 1 }]);
});
