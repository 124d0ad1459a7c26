import { apiRoutes } from "#service/api/routes.ts";
import type { ServiceContext } from "#service/context.ts";
import type { Route } from "#service/http/route.ts";
import { pageRoutes } from "#service/pages/routes.ts";

/** What people and their programs look at: read from disk when one of them does. */
export function dashboardRoutes(context: ServiceContext): readonly Route[] {
  return [...pageRoutes(context), ...apiRoutes(context)];
}
