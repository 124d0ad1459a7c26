import { assetRoutes } from "#service/assets/assets.ts";
import type { ServiceContext } from "#service/context.ts";
import type { Route } from "#service/http/route.ts";
import { labRoutes } from "#service/pages/lab.ts";
import { overviewRoutes } from "#service/pages/overview.ts";

/** Every page, a line each. */
export function pageRoutes(context: ServiceContext): readonly Route[] {
  return [...assetRoutes(), ...overviewRoutes(context), ...labRoutes(context)];
}
