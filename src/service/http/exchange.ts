import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServiceSettings } from "#config/service-settings.ts";
import { CancelledError } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";
import type { Forgery } from "#service/auth/forgery.ts";
import { type Gate, refuse } from "#service/auth/gate.ts";
import { checkSite } from "#service/auth/site.ts";
import type { Backlog } from "#service/http/backlog.ts";
import { createBody, mediaType, SenderGone } from "#service/http/body.ts";
import { checkHost } from "#service/http/host.ts";
import type { Limits } from "#service/http/limits.ts";
import { countedAs, isLoopback, type Peer, readPeer } from "#service/http/peer.ts";
import { INTERNAL, NOT_FOUND, problem, wantsPage } from "#service/http/problem.ts";
import { type Asked, beginStream, respond } from "#service/http/respond.ts";
import {
  type Answer,
  HttpProblem,
  type Problem,
  type Route,
  type ServiceRequest,
} from "#service/http/route.ts";
import type { Router } from "#service/http/router.ts";
import type { Streams } from "#service/http/stream.ts";
import { parseTarget, type Target } from "#service/http/target.ts";

export interface ExchangeOptions {
  readonly settings: ServiceSettings;
  readonly limits: Limits;
  readonly router: Router;
  readonly gate: Gate;
  readonly forgery: Forgery;
  readonly streams: Streams;
  readonly backlog: Backlog;
  readonly log: Log;
  /** Otherwise people, too, get what programs get. */
  readonly hasPages: boolean;
  readonly errorPage: (problem: Problem) => string;
  readonly onAnswered: OnAnswered;
}

/** @param endpoint the path of the route; absent: there is none for what was asked */
export type OnAnswered = (answered: {
  readonly method: string;
  readonly endpoint: string | undefined;
  readonly status: number;
}) => void;

/** One request and its answer. Never rejects. */
export async function exchange(
  message: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  options: ExchangeOptions,
): Promise<void> {
  const asked = {
    isHead: message.method === "HEAD",
    wantsPage: options.hasPages && wantsPage(message.url ?? "", message.headers),
    errorPage: options.errorPage,
    writeTime: options.limits.writeTime,
    backlog: options.backlog,
  };
  let endpoint: string | undefined;
  try {
    await answerTo(message, response, asked, signal, {
      ...options,
      router: async (method, segments) => {
        const match = await options.router(method, segments);
        if (match.kind === "route") endpoint = match.route.path;
        return match;
      },
    });
  } catch (error) {
    fail(message, response, asked, error, options.log);
  }
  options.onAnswered({ method: message.method ?? "", endpoint, status: response.statusCode });
}

async function answerTo(
  message: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  signal: AbortSignal,
  options: ExchangeOptions,
): Promise<void> {
  const { router, settings, streams } = options;
  const target = readTarget(message, options.limits);
  const peer = readPeer(message, settings.proxies, target.authority);
  checkHost(message, peer.host, settings.hosts);
  const match = await router(message.method ?? "", target.segments);
  if (match.kind === "nothing") throw new HttpProblem(NOT_FOUND);
  if (match.kind === "other-method") return respondOtherMethod(message, response, asked, match.allow);
  const request = readRequest(message, { target, peer, parameters: match.parameters, signal }, options);
  const answer = await answerOf(match.route, request, asked, message, options);
  if (answer.kind !== "stream") return respond(response, answer, asked);
  // A proxy may sit on loopback or at the Unix socket, with many behind it
  const isMany = peer.address === undefined || isLoopback(peer.address);
  if (!asked.isHead) streams.admit(response, isMany ? undefined : request.client);
  beginStream(response, answer.type);
  if (asked.isHead) response.end();
  else streams.run(response, answer.start);
}

async function answerOf(
  route: Route,
  request: ServiceRequest,
  { wantsPage }: Asked,
  message: IncomingMessage,
  { settings, forgery }: ExchangeOptions,
): Promise<Answer> {
  if (request.method === "GET") checkSite(request.headers);
  // What was posted is lost on the way through the sign-in
  const target = request.method === "GET" ? (message.url ?? "/") : "/";
  const refusal = refuse(route.access, request.caller, { wantsPage, target, settings });
  if (refusal) return refusal;
  if (request.method === "POST") await forgery.check({ ...request, mediaType: mediaType(message) });
  return route.handle(request);
}

/** @throws {HttpProblem} 400, 414 */
function readTarget({ url = "" }: IncomingMessage, { targetBytes }: Limits): Target {
  if (url.length > targetBytes)
    throw problem(414, "target-too-long", `Cannot answer: the address has more than ${targetBytes} bytes`);
  const target = parseTarget(url);
  if (!target) throw problem(400, "target", "Cannot answer: the address is no path of this service");
  return target;
}

interface Read {
  readonly target: Target;
  readonly peer: Peer;
  readonly parameters: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

function readRequest(
  message: IncomingMessage,
  { target, peer, parameters, signal }: Read,
  { limits, gate }: ExchangeOptions,
): ServiceRequest {
  const { headers } = message;
  const { isSecure, isForwarded } = peer;
  return {
    method: message.method === "POST" ? "POST" : "GET",
    path: target.path,
    parameters,
    query: target.query,
    headers,
    caller: gate.identify({ headers, isSecure, isForwarded }),
    client: countedAs(peer.address),
    isSecure,
    origin: originOf(peer),
    signal,
    ...createBody(message, limits.bodyBytes),
  };
}

/** As browsers write it: some proxies name the port that goes without saying. */
function originOf({ isSecure, host = "" }: Peer): string {
  const origin = `${isSecure ? "https" : "http"}://${host}`;
  return URL.parse(origin)?.origin ?? origin;
}

function respondOtherMethod(
  { method }: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  allow: readonly string[],
): void {
  if (method === "OPTIONS") {
    response.writeHead(204, { allow: allow.join(", "), "cache-control": "no-store" }).end();
    return;
  }
  const title = "That cannot be done here";
  respond(response, { kind: "problem", status: 405, type: "method", title }, { ...asked, allow });
}

function fail(
  { method, url, socket }: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  error: unknown,
  log: Log,
): void {
  const isGone = error instanceof SenderGone || socket.destroyed;
  const told = problemFor(error);
  if (told === INTERNAL && !isGone)
    log.error("A request failed", { method, path: url?.split("?")[0], error });
  if (response.headersSent || isGone) response.destroy();
  else respond(response, { kind: "problem", ...told }, asked);
}

function problemFor(error: unknown): Problem {
  if (error instanceof HttpProblem) return error.problem;
  // Cancelled while the caller is still there: the service ends
  if (error instanceof CancelledError) return { status: 503, type: "ending", title: "esddns is ending" };
  return INTERNAL;
}
