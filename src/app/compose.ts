import { createProviders, createSources } from "#app/plug-ins.ts";
import { openConfiguredStore } from "#app/store.ts";
import type { Configuration } from "#config/configuration.ts";
import type { Log } from "#core/ports.ts";
import type { Provider } from "#core/provider.ts";
import type { ProviderName } from "#core/record.ts";
import type { Archive } from "#core/store.ts";
import type { Authority } from "#core/verification.ts";
import type { Source } from "#core/witness.ts";
import { createAuthority } from "#dns/authority.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import type { RoundSummary } from "#engine/events.ts";
import { DEFAULT_LIMITS, type DetectSettings } from "#engine/detect.ts";
import { fencedHttp } from "#kubernetes/cluster/fenced-http.ts";
import { createPorts, type HostPorts } from "#platform/ports.ts";

export interface AppOptions {
  readonly log: Log;
  /** A folder for cached public lists; absent: they are not cached on disk. */
  readonly cacheFolder?: string | undefined;
  /** The daemon: holds the store's lock, and does not wait for verifications. */
  readonly isDaemon: boolean;
  /** Plans and withholds; stores nothing. */
  readonly dryRun?: boolean | undefined;
  /** Absent: that of a daemon, which works for itself. */
  readonly createEngine?: ((options: EngineOptions, ports: HostPorts) => Engine) | undefined;
  /** Whether providers may be told anything at this very moment; absent: always. */
  readonly mayWrite?: (() => boolean) | undefined;
}

/** Everything that a configuration asks for, put together and not started. */
export interface App {
  readonly engine: Engine;
  readonly sources: readonly Source[];
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly authority: Authority;
  readonly store: Archive;
  readonly ports: HostPorts;
  /** What a round would do now: asks and reads as one, writes and stores nothing. */
  preview(signal: AbortSignal): Promise<RoundSummary>;
  /** Ends the engine, then everything that it used. */
  close(): Promise<void>;
}

/**
 * The one composition root.
 *
 * @throws {StoreError} (rejects) code `store-locked` when another daemon has the store
 * @throws {ConfigError} (rejects) when a file that the configuration names cannot be used
 */
export async function compose(configuration: Configuration, options: AppOptions): Promise<App> {
  const { log, isDaemon } = options;
  const ports = createPorts({ log, secrets: configuration.secrets, caFile: configuration.tls.caFile });
  const authority = createAuthority(
    ports,
    configuration.verify ? { servers: configuration.verify.servers } : {},
  );
  const sources = createSources(configuration, ports, options.cacheFolder);
  const http = options.mayWrite ? fencedHttp(ports.http, options.mayWrite) : ports.http;
  const providers = createProviders(configuration, { ...ports, http }, authority);
  const store = await openConfiguredStore(configuration, { log, clock: ports.clock, exclusive: isDaemon });
  const engineOptions: EngineOptions = {
    sources,
    providers,
    records: configuration.records,
    detection: detectSettings(configuration, { confirms: true }),
    schedule: configuration.schedule,
    store,
    authority,
    verification: configuration.verify
      ? { deadline: configuration.verify.deadline, awaited: !isDaemon }
      : undefined,
    dryRun: options.dryRun,
    clock: ports.clock,
    random: ports.random,
    log,
  };
  const engine = options.createEngine?.(engineOptions, ports) ?? createEngine(engineOptions);
  // Before the round that follows, whose writes would be sent into the void and count as unconfirmed
  engine.subscribe((event) => {
    if (event.kind === "probed" && event.result !== "unchanged") ports.closeIdle();
  });
  return {
    engine,
    sources,
    providers,
    authority,
    store,
    ports,
    preview: (signal) => previewRound(engineOptions, signal),
    close: async () => {
      await engine.stop();
      store.close();
      await ports.close();
    },
  };
}

/** An engine of its own, so that what it learns of witnesses and pauses is forgotten with it. */
async function previewRound(options: EngineOptions, signal: AbortSignal): Promise<RoundSummary> {
  const engine = createEngine({ ...options, dryRun: true });
  try {
    return await engine.round("command", signal);
  } finally {
    await engine.stop();
  }
}

/** @param options.confirms whether a changed address needs a second look: for publishing, not for showing */
export function detectSettings(
  { consensus, compat }: Configuration,
  { confirms }: { readonly confirms: boolean },
): DetectSettings {
  const { rule, deadline, allowRanges } = consensus;
  return {
    rule,
    allowRanges,
    confirms,
    limits: { ...DEFAULT_LIMITS, deadline },
    ...(compat.kind === "dns.ini"
      ? { retry: { attempts: compat.retryAttempts, coolDown: compat.retryCooldown } }
      : {}),
  };
}
