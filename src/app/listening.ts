import { CancelledError, ConfigError, describeError } from "#core/errors.ts";
import { milliseconds } from "#core/units.ts";
import { type Server, type ServerOptions, startServer } from "#service/http/server.ts";

/** What is served, in the log's words. */
export interface Served {
  /** That it is. */
  readonly yes: string;
  /** That it cannot be. */
  readonly no: string;
}

/** A server that listens, or will. */
export interface Listening {
  /** For a browser; absent as long as it cannot listen. */
  readonly origin: string | undefined;
  close(): Promise<void>;
}

const AGAIN = milliseconds(60_000);

/**
 * Where it cannot listen it tries again by the minute: no port that is taken stops a DNS update.
 *
 * @throws {ConfigError} (rejects) when it would be open to strangers, or has no usable certificate
 */
export async function keepListening(options: ServerOptions, words: Served): Promise<Listening> {
  const stop = new AbortController();
  let server = await startOrNot(options, words);
  const trying = server ? Promise.resolve() : tryAgain();

  async function tryAgain(): Promise<void> {
    try {
      while (!server) {
        await options.clock.sleep(AGAIN, stop.signal);
        server = await startOrNot(options, words);
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
    },
  };
}

/** For a lab, which is for one person, who is told where it is: no port that is taken keeps it from being seen. */
export async function listenAnywhere(options: ServerOptions): Promise<Listening> {
  try {
    return await startServer(options);
  } catch (error) {
    if (!isTaken(error)) throw error;
    const listen = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
    return startServer({ ...options, settings: { ...options.settings, listen } });
  }
}

async function startOrNot(options: ServerOptions, { yes, no }: Served): Promise<Server | undefined> {
  const { log } = options;
  try {
    const server = await startServer(options);
    const { listen } = options.settings;
    // The address is one that works from here
    const isEverywhere = listen.kind === "tcp" && ["0.0.0.0", "::"].includes(listen.host);
    log.info(yes, { address: server.origin, ...(isEverywhere && { interfaces: "all" }) });
    return server;
  } catch (error) {
    if (!isTaken(error)) throw error;
    log.error(`${no}; it is tried again by the minute, and records are kept right`, {
      error: describeError(error),
    });
    return undefined;
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof ConfigError && error.code === "cannot-listen";
}
