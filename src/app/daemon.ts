import { type App, compose } from "#app/compose.ts";
import type { Configuration } from "#config/configuration.ts";
import { describeProblem } from "#config/findings.ts";
import { ConfigError, describeError } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";
import { announceSources, logLikeTheOriginal } from "#report/dns-ini-log.ts";
import { logEvents } from "#report/log.ts";

export interface DaemonOptions {
  /** Reads the configuration again. */
  readonly load: () => Promise<Configuration>;
  /** A log as the configuration wants it. */
  readonly createLog: (configuration: Configuration) => Promise<Log>;
  readonly cacheFolder: string | undefined;
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
export async function runDaemon(first: Configuration, options: DaemonOptions): Promise<DaemonEnd> {
  let configuration = first;
  let app = await start(configuration, options);
  const wishes = new Wishes(options);
  for (;;) {
    const end = await serve(configuration, app, options, wishes);
    await app.close();
    if (end.kind !== "reload") return end.kind;
    ({ configuration, app } = await replace(configuration, end.configuration, options));
  }
}

interface Started extends App {
  readonly log: Log;
}

type ServeEnd =
  | { readonly kind: DaemonEnd }
  | { readonly kind: "reload"; readonly configuration: Configuration };

async function start(configuration: Configuration, options: DaemonOptions): Promise<Started> {
  const log = await options.createLog(configuration);
  for (const warning of configuration.warnings)
    log.warn("Configuration warning", { warning: describeProblem(warning) });
  const app = await compose(configuration, { log, isDaemon: true, cacheFolder: options.cacheFolder });
  app.engine.subscribe(logEvents(log, app.ports.clock));
  if (configuration.compat.kind === "dns.ini") {
    announceSources(log, new Set(app.sources.map(({ kind }) => kind)));
    app.engine.subscribe(logLikeTheOriginal(log));
  }
  log.info("esddns started", { configuration: configuration.file, records: configuration.records.length });
  return { ...app, log };
}

/** Lets the engine run until something ends it. */
async function serve(
  configuration: Configuration,
  app: Started,
  options: DaemonOptions,
  wishes: Wishes,
): Promise<ServeEnd> {
  const stop = new AbortController();
  let end: ServeEnd = { kind: "asked" };
  const finish = (how: ServeEnd) => {
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
  wishes.reload = () =>
    void reload(app.log, options).then((next) => next && finish({ kind: "reload", configuration: next }));
  const onEnded = () => finish({ kind: "asked" });
  options.ended.addEventListener("abort", onEnded);
  if (options.ended.aborted) onEnded();
  await app.engine.run(stop.signal);
  options.ended.removeEventListener("abort", onEnded);
  if (end.kind === "asked") app.log.info("esddns stopped");
  return end;
}

/** What the signals ask of whichever engine runs now. */
class Wishes {
  reload: () => void = () => {};
  roundNow: () => void = () => {};

  constructor(options: DaemonOptions) {
    options.onReload(() => this.reload());
    options.onRoundNow(() => this.roundNow());
  }
}

async function reload(log: Log, { load }: DaemonOptions): Promise<Configuration | undefined> {
  try {
    const configuration = await load();
    log.info("Configuration read again", { configuration: configuration.file });
    return configuration;
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems.map(describeProblem) : [];
    log.error("The new configuration cannot be used; the old one goes on", {
      error: describeError(error),
      problems,
    });
    return undefined;
  }
}

async function replace(old: Configuration, next: Configuration, options: DaemonOptions) {
  try {
    return { configuration: next, app: await start(next, options) };
  } catch (error) {
    const app = await start(old, options);
    app.log.error("The new configuration cannot be used; the old one goes on", {
      error: describeError(error),
    });
    return { configuration: old, app };
  }
}
