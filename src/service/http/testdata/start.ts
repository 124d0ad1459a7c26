import { onTestFinished } from "vitest";
import type { ServiceSettings } from "#config/service-settings.ts";
import { createClock } from "#platform/clock.ts";
import { createHashes } from "#platform/hashes.ts";
import { createRandom } from "#platform/random.ts";
import type { Route } from "#service/http/route.ts";
import { type Server, type ServerOptions, startServer } from "#service/http/server.ts";
import { MemoryLog } from "#testing/memory-log.ts";

export const LOCAL: ServiceSettings = {
  listen: { kind: "tcp", host: "127.0.0.1", port: 0 },
  tokens: [],
  hosts: [],
  proxies: [],
  metrics: { address: false, open: false },
};

export interface TestServer extends Server {
  readonly log: MemoryLog;
  /** How often the route `POST /operate` was reached. */
  readonly operated: () => number;
}

/** A server with a handful of routes, gone with the test. */
export async function startForTest(
  options: Partial<Omit<ServerOptions, "log" | "settings">> & {
    readonly settings?: Partial<ServiceSettings>;
  } = {},
): Promise<TestServer> {
  const log = new MemoryLog();
  let operated = 0;
  const routes: readonly Route[] = [
    text("/hello", "open", () => "hello"),
    text("/", "read", ({ caller }) => caller.csrf),
    text("/who", "read", ({ caller, client, origin, isSecure }) =>
      JSON.stringify({ kind: caller.kind, client, origin, isSecure }),
    ),
    text("/things/{id}", "open", ({ parameters }) => parameters["id"] ?? ""),
    text("/things/new", "open", () => "the new one"),
    text("/fails", "open", () => {
      throw new Error("hunter2 is the secret");
    }),
    text("/waits", "open", ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve("late")))),
    { method: "POST", path: "/echo", access: "open", handle: async ({ json }) => ({ kind: "json", value: await json() }) },
    {
      method: "POST",
      path: "/operate",
      access: "operate",
      handle: () => {
        operated += 1;
        return { kind: "redirect", to: "/" };
      },
    },
    { method: "GET", path: "/jump", access: "open", handle: ({ query }) => ({ kind: "redirect", to: query.get("to") ?? "" }) },
    { method: "GET", path: "/asset", access: "open", handle: () => ({ kind: "asset", type: "text/css", bytes: Buffer.from("a{}") }) },
    { method: "GET", path: "/stream", access: "open", handle: () => ({ kind: "stream", type: "text/event-stream", start: (sink) => (sink.write("data: 1\n\n"), () => {}) }) },
    ...(options.routes ?? []),
  ];
  const server = await startServer({
    clock: createClock(),
    random: createRandom(),
    hashes: createHashes(),
    isInsecure: false,
    signInPage: ({ csrf, error = "", next }) => `<form>${csrf}|${error}|${next}</form>`,
    ...options,
    log,
    routes,
    settings: { ...LOCAL, ...options.settings },
  });
  onTestFinished(() => server.close());
  return { ...server, log, operated: () => operated };
}

function text(path: string, access: Route["access"], say: (...of: Parameters<Route["handle"]>) => string | Promise<string>): Route {
  return { method: "GET", path, access, handle: async (request) => ({ kind: "text", type: "text/plain", text: await say(request) }) };
}

