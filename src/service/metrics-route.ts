import type { ServiceContext } from "#service/context.ts";
import type { Route } from "#service/http/route.ts";

/** @param isOpen whether it is for everybody: it has names of records in it */
export function metricsRoute({ metrics }: Pick<ServiceContext, "metrics">, isOpen: boolean): Route {
  return {
    method: "GET",
    path: "/metrics",
    access: isOpen ? "open" : "read",
    handle: async () => ({ kind: "text", ...(await metrics()) }),
  };
}
