import { assetRoutes } from "#service/assets/assets.ts";
import type { ServiceContext } from "#service/context.ts";
import type { Route } from "#service/http/route.ts";
import { apiPageRoutes } from "#service/pages/api-page.ts";
import { clusterRoutes } from "#service/pages/cluster.ts";
import { configurationRoutes } from "#service/pages/configuration.ts";
import { doctorRoutes } from "#service/pages/doctor.ts";
import { historyRoutes } from "#service/pages/history.ts";
import { labRoutes } from "#service/pages/lab.ts";
import { overviewRoutes } from "#service/pages/overview.ts";
import { planRoutes } from "#service/pages/plan.ts";
import { providersRoutes } from "#service/pages/providers.ts";
import { sourcesRoutes } from "#service/pages/sources.ts";

/** Every page, a line each. */
export function pageRoutes(context: ServiceContext): readonly Route[] {
  return [
    ...assetRoutes(),
    ...overviewRoutes(context),
    ...clusterRoutes(context),
    ...historyRoutes(context),
    ...planRoutes(context),
    ...sourcesRoutes(context),
    ...providersRoutes(context),
    ...doctorRoutes(context),
    ...configurationRoutes(context),
    ...apiPageRoutes(context),
    ...labRoutes(context),
  ];
}
