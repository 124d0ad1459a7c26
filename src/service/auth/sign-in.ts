import type { ServiceSettings } from "#config/service-settings.ts";
import type { Clock, Log } from "#core/ports.ts";
import { type Seconds, seconds } from "#core/units.ts";
import { clearCookie, readCookies, writeCookie } from "#service/auth/cookie.ts";
import { MAX_PASSWORD } from "#service/auth/password.ts";
import { PasswordCheck } from "#service/auth/password-check.ts";
import type { Sessions } from "#service/auth/sessions.ts";
import { Throttle } from "#service/auth/throttle.ts";
import { problem } from "#service/http/problem.ts";
import type { Answer, Route, ServiceRequest } from "#service/http/route.ts";
import { localPath } from "#service/http/target.ts";

/** What the page for signing in shows. */
export interface SignInView {
  readonly csrf: string;
  /** A sentence. */
  readonly error?: string | undefined;
  readonly retryAfter?: Seconds | undefined;
  /** Otherwise the password travels in the clear. */
  readonly isSecure: boolean;
  /** A path of ours, for the form's field of that name. */
  readonly next: string;
}

export interface SignInOptions {
  readonly settings: ServiceSettings;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly log: Log;
  readonly page: (view: SignInView) => string;
}

const BUSY: Seconds = seconds(5);

/** `GET /sign-in`, `POST /sign-in` with `password`, `next` and `csrf`, `POST /sign-out` with `csrf`. */
export function signInRoutes(options: SignInOptions): readonly Route[] {
  const door = createDoor(options);
  return [
    { method: "GET", path: "/sign-in", access: "open", handle: (request) => show(request, options) },
    { method: "POST", path: "/sign-in", access: "open", handle: door },
    { method: "POST", path: "/sign-out", access: "open", handle: (request) => signOut(request, options) },
  ];
}

function show(request: ServiceRequest, { settings, page }: SignInOptions): Answer {
  const next = localPath(request.query.get("next") ?? "/");
  if (request.caller.mayRead) return { kind: "redirect", to: next };
  if (!settings.password) throw nobodyCan();
  return { kind: "page", html: page({ csrf: request.caller.csrf, isSecure: request.isSecure, next }) };
}

function signOut({ headers, isSecure }: ServiceRequest, { sessions }: SignInOptions): Answer {
  for (const id of readCookies(headers, isSecure)) sessions.end(id);
  return { kind: "redirect", to: "/sign-in", cookie: clearCookie(isSecure) };
}

/** Takes the password; while it has to wait, a caller's password is not even looked at. */
function createDoor(options: SignInOptions): Route["handle"] {
  const { settings, sessions, clock, log, page } = options;
  const throttle = new Throttle(clock);
  const check =
    settings.password &&
    new PasswordCheck(settings.password, { clock, log, onChange: () => sessions.endAll() });
  return async (request) => {
    if (!check) throw nobodyCan();
    const form = await request.form();
    const next = localPath(form.get("next") ?? "/");
    const again = (status: number, error: string, retryAfter?: Seconds): Answer => {
      const { caller, isSecure } = request;
      return {
        kind: "page",
        status,
        retryAfter,
        html: page({ csrf: caller.csrf, error, retryAfter, isSecure, next }),
      };
    };
    const wait = throttle.wait(request.client);
    if (wait > 0) return again(429, "Too many attempts", seconds(Math.ceil(wait / 1000)));
    throttle.begin(request.client);
    const password = form.get("password") ?? "";
    switch (password.length > MAX_PASSWORD ? "wrong" : await check.test(password)) {
      case "busy":
        return again(503, "Too many are signing in at this moment", BUSY);
      case "wrong":
        log.warn("Somebody gave a wrong password", { client: request.client });
        return again(403, "That is not the password", waitOf(throttle, request.client));
      case "right":
        throttle.succeed(request.client);
        return enter(request, sessions, next);
    }
  };
}

/** With a new id, whatever the browser had before. */
function enter({ headers, isSecure }: ServiceRequest, sessions: Sessions, next: string): Answer {
  for (const old of readCookies(headers, isSecure)) sessions.end(old);
  return { kind: "redirect", to: next, cookie: writeCookie(sessions.start(), isSecure) };
}

function waitOf(throttle: Throttle, client: string): Seconds | undefined {
  const wait = throttle.wait(client);
  return wait > 0 ? seconds(Math.ceil(wait / 1000)) : undefined;
}

function nobodyCan() {
  return problem(404, "no-sign-in", "Nobody can sign in", "No `service.password` is configured");
}
