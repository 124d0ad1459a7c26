import type { IncomingMessage, Server as HttpServer } from "node:http";
import { formatListen, isExposed, isGuarded, type ServiceSettings } from "#config/service-settings.ts";
import { ConfigError } from "#core/errors.ts";
import type { Clock, Hashes, Log, Random } from "#core/ports.ts";
import { Forgery } from "#service/auth/forgery.ts";
import { Gate } from "#service/auth/gate.ts";
import { Sessions } from "#service/auth/sessions.ts";
import { signInRoutes, type SignInView } from "#service/auth/sign-in.ts";
import { Tokens } from "#service/auth/tokens.ts";
import { Backlog } from "#service/http/backlog.ts";
import { followCertificate } from "#service/http/certificate.ts";
import { Connections } from "#service/http/connections.ts";
import { exchange, type ExchangeOptions, type OnAnswered } from "#service/http/exchange.ts";
import { type Limits, LIMITS } from "#service/http/limits.ts";
import { listen } from "#service/http/listen.ts";
import { createNodeServer } from "#service/http/node-server.ts";
import { plainErrorPage } from "#service/http/problem.ts";
import type { Problem, Route } from "#service/http/route.ts";
import { createLateRouter, createRouter } from "#service/http/router.ts";
import { securityHeaders } from "#service/http/security-headers.ts";
import { Streams } from "#service/http/stream.ts";
import { Turns } from "#service/http/turns.ts";

export interface ServerOptions {
  readonly settings: ServiceSettings;
  /** The key of `settings.listen` in the configuration, for errors; `service.listen` unless it is another. */
  readonly key?: string | undefined;
  /** Those for signing in and out are added, where there is a page for it. */
  readonly routes: readonly Route[];
  /** More of them, for when somebody asks for the first one. */
  readonly laterRoutes?: (() => Promise<readonly Route[]>) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly hashes: Hashes;
  readonly log: Log;
  /** Everybody may do everything, as the person who started it wished. */
  readonly isInsecure: boolean;
  /** Absent: there is nothing to sign in to, and nobody gets a page, not even of an error. */
  readonly signInPage?: ((view: SignInView) => string) | undefined;
  /** Absent: a plain one. */
  readonly errorPage?: ((problem: Problem) => string) | undefined;
  /** Told of every answer; of a stream when it begins. */
  readonly onAnswered?: OnAnswered | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** How often the certificate's files are looked at, in milliseconds. */
  readonly certificateInterval?: number | undefined;
}

export interface Server {
  /** For a browser on this host, e.g. `http://127.0.0.1:51339`; of a Unix socket `unix:/run/esddns.sock`. */
  readonly origin: string;
  /** Absent: a Unix socket. */
  readonly port: number | undefined;
  /** Connections that are open now. */
  openConnections(): number;
  /** Ends every stream at once and everything else within a second, whatever callers do. */
  close(): Promise<void>;
}

/**
 * Serves the routes.
 *
 * @throws {ConfigError} (rejects) when it would be open to strangers, cannot listen there, or has no usable
 *   certificate
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { settings, log } = options;
  refuseStrangers(options);
  const limits = { ...LIMITS, ...options.limits };
  const connections = new Connections(limits, settings.proxies);
  const streams = new Streams(limits);
  const exchanges = new Set<AbortController>();
  const { server, secure } = createNodeServer(settings, limits);
  serve(server, exchanges, compose(options, limits, streams));
  server.on("connection", (socket) => connections.admit(socket));
  const port = await listen(server, settings.listen, options.key);
  const { tls } = settings;
  const unfollow =
    tls && secure && followCertificate(secure, tls, log, options.certificateInterval ?? 10_000);
  return {
    origin: originOf(settings, port),
    port,
    openConnections: () => connections.size,
    close: () => {
      unfollow?.();
      for (const controller of exchanges) controller.abort();
      streams.endAll();
      return closeServer(server, connections, limits);
    },
  };
}

function compose(options: ServerOptions, limits: Limits, streams: Streams): ExchangeOptions {
  const { settings, isInsecure, clock, log, signInPage: page } = options;
  const sessions = new Sessions(options);
  const forgery = new Forgery(options);
  const tokens = new Tokens(settings.tokens, options);
  const signIn = page ? signInRoutes({ settings, sessions, clock, log, page }) : [];
  return {
    settings,
    limits,
    streams,
    backlog: new Backlog(limits),
    log,
    forgery,
    gate: new Gate({ settings, isInsecure, sessions, tokens, forgery }),
    router: options.laterRoutes
      ? createLateRouter([...options.routes, ...signIn], options.laterRoutes)
      : createRouter([...options.routes, ...signIn]),
    hasPages: page !== undefined,
    errorPage: options.errorPage ?? plainErrorPage,
    onAnswered: options.onAnswered ?? (() => {}),
  };
}

function serve(server: HttpServer, exchanges: Set<AbortController>, options: ExchangeOptions): void {
  const headers = securityHeaders(options.settings.tls !== undefined);
  const turns = new Turns();
  server.on("request", (message, response) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    if (!turns.take(message, response)) return;
    const controller = new AbortController();
    exchanges.add(controller);
    response.once("close", () => {
      exchanges.delete(controller);
      controller.abort();
      dropRest(message, options.limits);
    });
    void exchange(message, response, controller.signal, options);
  });
}

/** Of a body that nobody wanted, a little is still read, so that the answer arrives. */
function dropRest(message: IncomingMessage, { closeTime }: Limits): void {
  if (message.complete || message.socket.destroyed) return;
  setTimeout(() => message.complete || message.socket.destroy(), closeTime).unref();
}

function refuseStrangers({ settings, routes, laterRoutes, isInsecure }: ServerOptions): void {
  if (isInsecure || isGuarded(settings) || !isExposed(settings)) return;
  // What is for everybody may be where everybody is; what is not there yet may be anything
  if (!laterRoutes && routes.every(({ access }) => access === "open")) return;
  const where = formatListen(settings.listen);
  const message = `Cannot listen at "${where}": everybody who reaches it could do everything, expected a password or a token`;
  const hint = "set `service.password` to what `esddns password` prints, or listen at 127.0.0.1";
  throw new ConfigError(message, [{ path: "service.listen", message, hint }], { code: "no-password", hint });
}

function closeServer(server: HttpServer, connections: Connections, { closeTime }: Limits): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => connections.endAll(), closeTime);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** An address that means every interface is shown as the one that works here. */
function originOf({ listen: where, tls }: ServiceSettings, port: number | undefined): string {
  if (where.kind === "unix" || port === undefined) return formatListen(where);
  const host = where.host === "0.0.0.0" ? "127.0.0.1" : where.host === "::" ? "::1" : where.host;
  return `${tls ? "https" : "http"}://${formatListen({ kind: "tcp", host, port })}`;
}
