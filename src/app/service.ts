import type { App } from "#app/compose.ts";
import { createOperations } from "#app/operations.ts";
import type { Watch } from "#app/watch.ts";
import type { ServiceSettings } from "#config/service-settings.ts";
import type { Configuration } from "#config/configuration.ts";
import type { CheckedConfiguration } from "#config/load.ts";
import type { EffectiveValue } from "#config/print.ts";
import { CancelledError, ConfigError, describeError } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import type { LabControls } from "#lab/controls.ts";
import { createMetrics, type Metrics } from "#metrics/metrics.ts";
import { apiRoutes } from "#service/api/routes.ts";
import { feedEngine } from "#service/api/engine-feed.ts";
import type { ServiceContext } from "#service/context.ts";
import { createFeed } from "#service/event-feed.ts";
import { healthRoutes } from "#service/health.ts";
import type { Route } from "#service/http/route.ts";
import { type Server, type ServerOptions, startServer } from "#service/http/server.ts";
import { metricsRoute } from "#service/metrics-route.ts";
import { errorPage } from "#service/pages/error.ts";
import { pageRoutes } from "#service/pages/routes.ts";
import { signInPage } from "#service/pages/sign-in.ts";

export interface ServeOptions {
  readonly app: App;
  readonly watch: Watch;
  readonly configuration: Configuration;
  readonly settings: ServiceSettings;
  /** In force. */
  readonly values: readonly EffectiveValue[];
  /** Looks at the file as it is on the disk now. */
  readonly check: () => Promise<CheckedConfiguration>;
  readonly cacheFolder: string | undefined;
  readonly log: Log;
  /** `--insecure-no-auth` */
  readonly isInsecure: boolean;
  readonly lab?: LabControls | undefined;
}

export interface Service {
  /** For a browser; absent as long as it cannot listen. */
  readonly origin: string | undefined;
  close(): Promise<void>;
}

const AGAIN = milliseconds(60_000);

/**
 * Dashboard, API, metrics and health of a daemon. Where it cannot listen it tries again by the minute: no port that
 * is taken stops a DNS update.
 *
 * @throws {ConfigError} (rejects) when it would be open to strangers, or has no usable certificate
 */
export async function serve(options: ServeOptions): Promise<Service> {
  const { app, log } = options;
  const stop = new AbortController();
  const { server: serverOptions, close } = assemble(options, stop.signal);
  let server = await (options.lab ? startAnywhere(serverOptions) : startOrNot(serverOptions, log));
  const trying = server ? Promise.resolve() : tryAgain();

  async function tryAgain(): Promise<void> {
    try {
      while (!server) {
        await app.ports.clock.sleep(AGAIN, stop.signal);
        server = await startOrNot(serverOptions, log);
      }
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
    }
  }

  return {
    get origin() {
      return server?.origin;
    },
    async close() {
      stop.abort();
      await trying;
      await server?.close();
      close();
    },
  };
}

/** A lab is for one person, who is told where it is: no port that is taken keeps it from being seen. */
async function startAnywhere(options: ServerOptions): Promise<Server> {
  try {
    return await startServer(options);
  } catch (error) {
    if (!(error instanceof ConfigError) || error.code !== "cannot-listen") throw error;
    const listen = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
    return startServer({ ...options, settings: { ...options.settings, listen } });
  }
}

async function startOrNot(options: ServerOptions, log: Log): Promise<Server | undefined> {
  try {
    const server = await startServer(options);
    log.info("The dashboard is served", { address: server.origin });
    return server;
  } catch (error) {
    if (!(error instanceof ConfigError) || error.code !== "cannot-listen") throw error;
    log.error("The dashboard cannot be served; it is tried again by the minute, and records are kept right", {
      error: describeError(error),
    });
    return undefined;
  }
}

interface Assembled {
  readonly server: ServerOptions;
  readonly close: () => void;
}

function assemble(options: ServeOptions, signal: AbortSignal): Assembled {
  const { app, watch, settings, log, isInsecure } = options;
  const { clock, random, hashes } = app.ports;
  const { chronicle, notifications } = watch;
  const feed = createFeed({ startedAt: clock.date(), clock, log });
  chronicle.subscribe(feedEngine(feed));
  const metrics = createMetrics({
    state: () => chronicle.state(),
    clock,
    storeSize: () => app.store.size(),
    showsAddress: () => settings.metrics.address,
    notifiers: () => notifications.list.map(({ name }) => name),
  });
  app.engine.subscribe(metrics.listener);
  chronicle.subscribe(({ happenings }) => {
    for (const happening of happenings) metrics.happened(happening);
  });
  options.lab?.subscribe(() => feed.push("lab-changed", {}));
  const context: ServiceContext = {
    state: () => chronicle.state(),
    archive: app.store,
    feed,
    operations: createOperations({
      ...options,
      signal,
      notifications,
    }),
    now: () => clock.date(),
    log,
    isInsecure,
    lab: options.lab,
    metrics: () => metrics.render(),
  };
  watch.onDelivery((notifier, result) => metrics.notified(notifier, result));
  const routes = [
    ...pageRoutes(context),
    ...apiRoutes(context),
    ...healthRoutes(context),
    metricsRoute(context, settings.metrics.open),
  ].map((route) => countReaders(route, metrics));
  return {
    server: {
      settings,
      routes,
      clock,
      random,
      hashes,
      log,
      isInsecure,
      signInPage,
      errorPage,
      onAnswered: (answered) => metrics.answered(answered),
    },
    close: () => {
      feed.close();
      metrics.close();
    },
  };
}

function countReaders(route: Route, { readerCame }: Pick<Metrics, "readerCame">): Route {
  return {
    ...route,
    async handle(request) {
      const answer = await route.handle(request);
      if (answer.kind !== "stream") return answer;
      const start: typeof answer.start = (sink) => {
        const gone = readerCame();
        const stop = answer.start(sink);
        return () => {
          gone();
          stop();
        };
      };
      return { ...answer, start };
    },
  };
}
