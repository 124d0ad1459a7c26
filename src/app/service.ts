import type { App } from "#app/compose.ts";
import { createOperations } from "#app/operations.ts";
import { keepListening, listenAnywhere } from "#app/listening.ts";
import type { Watch } from "#app/watch.ts";
import type { ServiceSettings } from "#config/service-settings.ts";
import type { Configuration } from "#config/configuration.ts";
import type { CheckedConfiguration } from "#config/load.ts";
import type { EffectiveValue } from "#config/print.ts";
import type { Log } from "#core/ports.ts";
import type { LabControls } from "#lab/controls.ts";
import { createMetrics, type Metrics } from "#metrics/metrics.ts";
import { feedEngine } from "#service/api/engine-feed.ts";
import type { ServiceContext } from "#service/context.ts";
import { createFeed } from "#service/event-feed.ts";
import { healthRoutes } from "#service/health.ts";
import type { Route } from "#service/http/route.ts";
import type { ServerOptions } from "#service/http/server.ts";
import { metricsRoute } from "#service/metrics-route.ts";
import { errorPage } from "#service/pages/error.ts";
import { signInPage } from "#service/pages/sign-in.ts";
import type { ClusterState } from "#state/cluster.ts";

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
  readonly cluster?: ClusterView | undefined;
}

/** What is to be seen of the cluster that this daemon is in. */
export interface ClusterView {
  state(): ClusterState;
  /** Somebody looks: what is old of it may be asked for again. Probes and scrapes come too often for that. */
  look?(): void;
  /** Told when the state is another one. */
  onChange(listener: () => void): void;
}

export interface Service {
  /** Of the dashboard, for a browser; absent as long as it cannot listen. */
  readonly origin: string | undefined;
  close(): Promise<void>;
}

const DASHBOARD = { yes: "The dashboard is served", no: "The dashboard cannot be served" };
const HEALTH = { yes: "Health and metrics are served", no: "Health and metrics cannot be served" };

/**
 * Dashboard, API, metrics and health of a daemon, and health and metrics at an address of their own, where there is
 * one.
 *
 * @throws {ConfigError} (rejects) when it would be open to strangers, or has no usable certificate
 */
export async function serve(options: ServeOptions): Promise<Service> {
  const closing = new AsyncDisposableStack();
  try {
    const stop = new AbortController();
    const { dashboard, health, close } = assemble(options, stop.signal);
    closing.defer(close);
    const listening = await (options.lab ? listenAnywhere(dashboard) : keepListening(dashboard, DASHBOARD));
    closing.defer(() => listening.close());
    const probed = health && (await keepListening(health, HEALTH));
    closing.defer(() => probed?.close());
    closing.defer(() => stop.abort());
    return {
      get origin() {
        return listening.origin;
      },
      close: () => closing.disposeAsync(),
    };
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}

interface Assembled {
  readonly dashboard: ServerOptions;
  readonly health: ServerOptions | undefined;
  readonly close: () => void;
}

function assemble(options: ServeOptions, signal: AbortSignal): Assembled {
  const { app, watch, settings, log, isInsecure, cluster } = options;
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
    ...(cluster && { cluster: () => cluster.state() }),
  });
  app.engine.subscribe(metrics.listener);
  chronicle.subscribe(({ happenings }) => {
    for (const happening of happenings) metrics.happened(happening);
  });
  options.lab?.subscribe(() => feed.push("lab-changed", {}));
  cluster?.onChange(() => feed.push("cluster-changed", {}));
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
    ...(cluster && { cluster: () => cluster.state() }),
    ...(cluster && { lookAtCluster: () => cluster.look?.() }),
    metrics: () => metrics.render(),
  };
  watch.onDelivery((notifier, result) => metrics.notified(notifier, result));
  const onAnswered: ServerOptions["onAnswered"] = (answered) => metrics.answered(answered);
  const common = { clock, random, hashes, log, onAnswered };
  const routes = [...healthRoutes(context), metricsRoute(context, settings.metrics.open)];
  const laterRoutes = async () => {
    const { dashboardRoutes } = await import("#app/dashboard.ts");
    return dashboardRoutes(context).map((route) => countReaders(route, metrics));
  };
  return {
    dashboard: { ...common, settings, routes, laterRoutes, isInsecure, signInPage, errorPage },
    health: healthServer(context, settings, common),
    close: () => {
      feed.close();
      metrics.close();
    },
  };
}

/** What everybody may ask, without password and TLS: nothing there is worth either. */
function healthServer(
  context: ServiceContext,
  { health, hosts, proxies, metrics }: ServiceSettings,
  common: Pick<ServerOptions, "clock" | "hashes" | "log" | "onAnswered" | "random">,
): ServerOptions | undefined {
  if (!health) return undefined;
  const settings = { listen: health, tokens: [], hosts, proxies, metrics };
  const routes = [...healthRoutes(context), metricsRoute(context, true)];
  return { ...common, settings, key: "service.health", routes, isInsecure: false };
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
