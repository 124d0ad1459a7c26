import { type App, compose } from "#app/compose.ts";
import type { Cluster, ClusterPlace } from "#app/cluster.ts";
import type { ClusterView, Service } from "#app/service.ts";
import { type Watch, watchEngine } from "#app/watch.ts";
import type { Configuration } from "#config/configuration.ts";
import type { CheckedConfiguration } from "#config/load.ts";
import type { LoadedConfiguration } from "#config/print.ts";
import { describeProblem } from "#config/findings.ts";
import { ConfigError, describeError } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";
import type { LabControls } from "#lab/controls.ts";
import { announceSources, logLikeTheOriginal } from "#report/dns-ini-log.ts";
import { logEvents } from "#report/log.ts";

export interface DaemonOptions {
  /** Reads the configuration: at first, and for every reload. */
  readonly load: () => Promise<LoadedConfiguration>;
  /** Looks at it, and says everything that is wrong with it. */
  readonly check: () => Promise<CheckedConfiguration>;
  /** A log as the configuration wants it. */
  readonly createLog: (configuration: Configuration) => Promise<Log>;
  readonly cacheFolder: string | undefined;
  /** Whoever reaches the dashboard may do everything. */
  readonly isInsecure: boolean;
  /** Where this daemon lives in a lab. */
  readonly lab?: LabControls | undefined;
  /** Where it lives in a cluster. */
  readonly cluster?: ClusterPlace | undefined;
  /** Ends the daemon. */
  readonly ended: AbortSignal;
  /** SIGHUP. */
  readonly onReload: (listener: () => void) => void;
  /** SIGUSR1. */
  readonly onRoundNow: (listener: () => void) => void;
}

/** How the daemon ended: as asked, or by the original's rule that a mismatch ends it. */
export type DaemonEnd = "asked" | "mismatch";

/**
 * Runs until it is ended. A new configuration replaces the old one as a whole; a bad one is reported, and the
 * old one goes on.
 *
 * @throws {ConfigError | StoreError} (rejects) when the first configuration cannot be used
 */
export async function runDaemon(options: DaemonOptions): Promise<DaemonEnd> {
  // Before all else: a signal that nobody listens for ends the process
  const wishes = new Wishes(options);
  let daemon = await startDaemon(await options.load(), options);
  for (;;) {
    const end = await live(daemon, options, wishes);
    await daemon.close();
    if (end.kind !== "reload") return end.kind;
    daemon = await replace(daemon.loaded, end.loaded, options);
  }
}

/** One configuration's engine and everything that listens to it. */
export interface Daemon {
  readonly loaded: LoadedConfiguration;
  readonly app: App;
  readonly watch: Watch;
  /** Absent: switched off. */
  readonly service: Service | undefined;
  readonly log: Log;
  /** Ends the engine first. */
  close(): Promise<void>;
}

type LifeEnd =
  | { readonly kind: DaemonEnd }
  | { readonly kind: "reload"; readonly loaded: LoadedConfiguration };

type StartOptions = Pick<
  DaemonOptions,
  "cacheFolder" | "check" | "cluster" | "createLog" | "isInsecure" | "lab"
>;

/**
 * Everything but the engine's first round.
 *
 * @throws {ConfigError | StoreError} (rejects)
 */
export async function startDaemon(loaded: LoadedConfiguration, options: StartOptions): Promise<Daemon> {
  const { configuration } = loaded;
  const log = await options.createLog(configuration);
  for (const warning of configuration.warnings)
    log.warn("Configuration warning", { warning: describeProblem(warning) });
  const closing = new AsyncDisposableStack();
  const { app, cluster } = await composeWhere(configuration, log, options);
  closing.defer(() => cluster?.close());
  closing.defer(() => app.close());
  try {
    const watch = listenTo(app, configuration, log, cluster);
    closing.defer(() => watch.close());
    const service = await serviceOf(loaded, { ...options, app, watch, log, cluster: cluster?.engine });
    closing.defer(() => service?.close());
    closing.defer(() => app.engine.stop());
    log.info("esddns started", { configuration: configuration.file, records: configuration.records.length });
    return { loaded, app, watch, service, log, close: () => closing.disposeAsync() };
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}

async function composeWhere(
  configuration: Configuration,
  log: Log,
  { cacheFolder, cluster: place }: StartOptions,
): Promise<{ readonly app: App; readonly cluster: Cluster | undefined }> {
  const options = { log, isDaemon: true, cacheFolder } as const;
  if (!place) return { app: await compose(configuration, options), cluster: undefined };
  const { createCluster } = await import("#app/cluster.ts");
  let cluster: Cluster | undefined;
  const app = await compose(configuration, {
    ...options,
    mayWrite: () => cluster?.engine.mayWrite() ?? false,
    createEngine: (engine, { files }) => {
      cluster = createCluster(engine, place, configuration, files);
      return cluster.engine;
    },
  });
  return { app, cluster };
}

function listenTo(app: App, configuration: Configuration, log: Log, cluster: Cluster | undefined): Watch {
  app.engine.subscribe(logEvents(log, app.ports.clock));
  if (configuration.compat.kind === "dns.ini") {
    announceSources(log, new Set(app.sources.map(({ kind }) => kind)));
    app.engine.subscribe(logLikeTheOriginal(log));
  }
  return watchEngine(app, configuration, log, cluster?.engine);
}

async function serviceOf(
  { configuration, values }: LoadedConfiguration,
  parts: Omit<StartOptions, "cluster"> &
    Pick<Daemon, "app" | "log" | "watch"> & { readonly cluster: ClusterView | undefined },
): Promise<Service | undefined> {
  const settings = configuration.service;
  if (!settings) return undefined;
  const { serve } = await import("#app/service.ts");
  return serve({ ...parts, configuration, settings, values });
}

/** Lets the engine run until something ends it. */
async function live(
  { loaded: { configuration }, app, log }: Daemon,
  options: DaemonOptions,
  wishes: Wishes,
): Promise<LifeEnd> {
  const stop = new AbortController();
  let end: LifeEnd = { kind: "asked" };
  const finish = (how: LifeEnd) => {
    if (stop.signal.aborted) return;
    end = how;
    stop.abort();
  };
  if (configuration.compat.kind === "dns.ini" && configuration.compat.onMismatch === "exit") {
    app.engine.subscribe((event) => {
      if (event.kind === "mismatch") finish({ kind: "mismatch" });
    });
  }
  wishes.roundNow = () => app.engine.trigger("signal");
  wishes.serve(async () => {
    const next = await reload(log, options);
    if (next) finish({ kind: "reload", loaded: next });
    return stop.signal.aborted ? "ends" : "goes on";
  });
  const onEnded = () => finish({ kind: "asked" });
  options.ended.addEventListener("abort", onEnded);
  if (options.ended.aborted) onEnded();
  await app.engine.run(stop.signal);
  options.ended.removeEventListener("abort", onEnded);
  if (end.kind === "asked") log.info("esddns stopped");
  return end;
}

/** Reads the configuration again; tells whether the engine that runs now ends by it. */
type Reload = () => Promise<"ends" | "goes on">;

/**
 * What the signals ask of whichever engine runs now. Who writes a file twice and signals twice wants the second one:
 * a wish for a reload that comes during another one, or between two engines, is served after it.
 */
class Wishes {
  roundNow: () => void = () => {};
  #isReloadWanted = false;
  /** Absent while it is under way, and between two engines. */
  #reload: Reload | undefined;

  constructor(options: DaemonOptions) {
    options.onReload(() => {
      this.#isReloadWanted = true;
      void this.#fulfil();
    });
    options.onRoundNow(() => this.roundNow());
  }

  serve(reload: Reload): void {
    this.#reload = reload;
    void this.#fulfil();
  }

  async #fulfil(): Promise<void> {
    const reload = this.#reload;
    if (!this.#isReloadWanted || !reload) return;
    this.#isReloadWanted = false;
    this.#reload = undefined;
    if ((await reload()) === "goes on") this.serve(reload);
  }
}

async function reload(log: Log, { load }: DaemonOptions): Promise<LoadedConfiguration | undefined> {
  try {
    const loaded = await load();
    log.info("Configuration read again", { configuration: loaded.configuration.file });
    return loaded;
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems.map(describeProblem) : [];
    log.error("The new configuration cannot be used; the old one goes on", {
      error: describeError(error),
      problems,
    });
    return undefined;
  }
}

async function replace(
  old: LoadedConfiguration,
  next: LoadedConfiguration,
  options: DaemonOptions,
): Promise<Daemon> {
  try {
    return await startDaemon(next, options);
  } catch (error) {
    const daemon = await startDaemon(old, options);
    daemon.log.error("The new configuration cannot be used; the old one goes on", {
      error: describeError(error),
    });
    return daemon;
  }
}
