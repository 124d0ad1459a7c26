import { assetRoutes } from "#service/assets/assets.ts";
import type { ServiceContext } from "#service/context.ts";
import type { Route } from "#service/http/route.ts";

/** Every page, a line each. */
export function pageRoutes(_context: ServiceContext): readonly Route[] {
  return [...assetRoutes()];
}
