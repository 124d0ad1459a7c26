import type { IncomingHttpHeaders } from "node:http";
import { isGuarded, type ServiceSettings } from "#config/service-settings.ts";
import { readCookies } from "#service/auth/cookie.ts";
import type { Forgery } from "#service/auth/forgery.ts";
import type { Sessions } from "#service/auth/sessions.ts";
import type { Tokens } from "#service/auth/tokens.ts";
import { problem } from "#service/http/problem.ts";
import type { Access, Answer, Caller } from "#service/http/route.ts";

export interface Knock {
  readonly headers: IncomingHttpHeaders;
  readonly isSecure: boolean;
  /** Whoever sent it may be anywhere. */
  readonly isForwarded: boolean;
}

/** Knows who calls. */
export class Gate {
  readonly #settings: ServiceSettings;
  readonly #isInsecure: boolean;
  readonly #sessions: Sessions;
  readonly #tokens: Tokens;
  readonly #forgery: Forgery;

  constructor(options: {
    readonly settings: ServiceSettings;
    readonly isInsecure: boolean;
    readonly sessions: Sessions;
    readonly tokens: Tokens;
    readonly forgery: Forgery;
  }) {
    this.#settings = options.settings;
    this.#isInsecure = options.isInsecure;
    this.#sessions = options.sessions;
    this.#tokens = options.tokens;
    this.#forgery = options.forgery;
  }

  identify({ headers, isSecure, isForwarded }: Knock): Caller {
    if (this.#isInsecure) return this.#everything("local", "local");
    if (!isGuarded(this.#settings)) return isForwarded ? this.#nobody() : this.#everything("local", "local");
    const [, bearer] = /^bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
    if (bearer !== undefined) return this.#byToken(bearer);
    const id = readCookies(headers, isSecure).find((each) => this.#sessions.touch(each));
    return id === undefined ? this.#nobody() : this.#everything("session", `session ${id}`);
  }

  #byToken(bearer: string): Caller {
    const scopes = this.#tokens.scopesOf(bearer);
    if (!scopes) return this.#nobody();
    // Who may change something sees what comes of it
    return { kind: "token", mayRead: true, mayOperate: scopes.includes("operate"), csrf: "" };
  }

  #everything(kind: "local" | "session", subject: string): Caller {
    return { kind, mayRead: true, mayOperate: true, csrf: this.#forgery.tokenFor(subject) };
  }

  #nobody(): Caller {
    return {
      kind: "anonymous",
      mayRead: false,
      mayOperate: false,
      csrf: this.#forgery.tokenFor("anonymous"),
    };
  }
}

/**
 * What a caller gets who may not: a way to sign in for people, where there is one, and a problem for programs.
 *
 * @returns `undefined` for those who may
 * @throws {HttpProblem} 401, 403
 */
export function refuse(
  access: Access,
  caller: Caller,
  asked: { readonly wantsPage: boolean; readonly target: string; readonly settings: ServiceSettings },
): Answer | undefined {
  if (access === "open" || (access === "read" ? caller.mayRead : caller.mayOperate)) return undefined;
  if (caller.kind !== "anonymous")
    throw problem(403, "scope", "This token may only read", "Give it the scope operate in `service.tokens`");
  if (!isGuarded(asked.settings))
    throw problem(
      403,
      "no-password",
      "Only this host may look",
      "The request came through a proxy: set `service.password`, and name the proxy in `service.proxies`",
    );
  if (!asked.wantsPage || !asked.settings.password)
    throw problem(
      401,
      "not-signed-in",
      "Not signed in",
      "Send Authorization: Bearer with a token of the configuration",
    );
  return { kind: "redirect", to: `/sign-in?next=${encodeURIComponent(asked.target)}` };
}
