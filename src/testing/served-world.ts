import type { ServiceSettings } from "#config/service-settings.ts";
import { createClock } from "#platform/clock.ts";
import { createHashes } from "#platform/hashes.ts";
import { createRandom } from "#platform/random.ts";
import type { ServiceContext } from "#service/context.ts";
import type { Limits } from "#service/http/limits.ts";
import type { Route } from "#service/http/route.ts";
import { type Server, startServer } from "#service/http/server.ts";
import { type ServiceWorld, serviceWorld, type ServiceWorldKind } from "#testing/service-world.ts";

export interface ServedWorld extends ServiceWorld {
  readonly server: Server;
  /** A request to it; `path` may have a query. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
}

export interface ServedWorldOptions {
  readonly kind?: ServiceWorldKind;
  readonly routes: (context: ServiceContext) => readonly Route[];
  readonly overrides?: Partial<ServiceContext>;
  readonly settings?: Partial<ServiceSettings>;
  readonly limits?: Partial<Limits>;
}

/** A world behind a real server on loopback; `close` ends both. */
export async function serveWorld(options: ServedWorldOptions): Promise<ServedWorld> {
  const world = await serviceWorld(options.kind, options.overrides);
  const server = await startServer({
    settings: {
      listen: { kind: "tcp", host: "127.0.0.1", port: 0 },
      tokens: [],
      hosts: [],
      proxies: [],
      metrics: { address: false, open: false },
      ...options.settings,
    },
    routes: options.routes(world.context),
    clock: createClock(),
    random: createRandom(),
    hashes: createHashes(),
    log: world.log,
    isInsecure: false,
    signInPage: () => "",
    limits: options.limits,
  });
  return {
    ...world,
    server,
    ask: (path, init) => fetch(server.origin + path, init),
    close: async () => {
      await server.close();
      await world.close();
    },
  };
}
