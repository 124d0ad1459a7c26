import type { ApiRequest, ApiTransport } from "#kubernetes/api/ports.ts";
import type { ApiRequestCount } from "#state/cluster.ts";

/** A transport that counts what goes through it. */
export interface CountingTransport extends ApiTransport {
  counts(): readonly ApiRequestCount[];
}

export function countRequests(transport: ApiTransport): CountingTransport {
  const counts = new Map<string, ApiRequestCount>();
  const add = (verb: string, code: number) => {
    const key = `${verb} ${code}`;
    counts.set(key, { verb, code, count: (counts.get(key)?.count ?? 0) + 1 });
  };
  return {
    counts: () => [...counts.values()],
    async open(request, signal) {
      const verb = verbOf(request);
      try {
        const answer = await transport.open(request, signal);
        add(verb, answer.status);
        return answer;
      } catch (error) {
        if (!signal.aborted) add(verb, 0);
        throw error;
      }
    },
  };
}

const VERBS = { PATCH: "patch", POST: "create", PUT: "update" } as const;

/** As RBAC names it. */
function verbOf({ method, target }: ApiRequest): string {
  if (method !== "GET") return VERBS[method];
  if (/[?&]watch=1/.test(target)) return "watch";
  return /^\/apis?(\/[^/]+){1,2}\/namespaces\/[^/]+\/[^/]+\/[^/?]+/.test(target) ? "get" : "list";
}
