import type { IncomingHttpHeaders } from "node:http";
import type { Seconds } from "#core/units.ts";

/**
 * What a caller must be allowed to do: `open` is for everybody (health, sign-in, style sheets), `read` sees,
 * `operate` changes something and is never reached by another site's page.
 */
export type Access = "open" | "operate" | "read";

/** Who calls. */
export interface Caller {
  readonly kind: "anonymous" | "local" | "session" | "token";
  /** `anonymous` may neither. */
  readonly mayRead: boolean;
  readonly mayOperate: boolean;
  /** Goes into every form as `csrf`, and into scripts' requests as the header `x-esddns-csrf`. */
  readonly csrf: string;
}

export interface ServiceRequest {
  readonly method: "GET" | "POST";
  /** Without query, decoded, as matched. */
  readonly path: string;
  /** What the braces of the route's path matched. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly caller: Caller;
  /** Address of who asks, by a trusted proxy's word where there is one; IPv6 by its /64. For counting, not for trust. */
  readonly client: string;
  /** `https` by our own TLS or a trusted proxy's word. */
  readonly isSecure: boolean;
  /** Names that this service was called by, e.g. `http://127.0.0.1:51339`. */
  readonly origin: string;
  /** Fields of a form. @throws {HttpProblem} 413, 415 */
  readonly form: () => Promise<URLSearchParams>;
  /** A JSON body. @throws {HttpProblem} 400, 413, 415 */
  readonly json: () => Promise<unknown>;
  /** Ends with the connection, and with the service. */
  readonly signal: AbortSignal;
}

/** RFC 9457. `type` is relative to the API's document; each has one title, and `detail` says what is so this time. */
export interface Problem {
  readonly status: number;
  /** Kebab-case, stable, e.g. `not-found`. */
  readonly type: string;
  readonly title: string;
  readonly detail?: string | undefined;
  /** What programs get of this type beyond that (section 3.2). */
  readonly members?: Readonly<Record<string, unknown>> | undefined;
  /** When the same may be tried again. */
  readonly retryAfter?: Seconds | undefined;
}

/** Something that writes to one reader until it is ended, from either side. */
export interface StreamSink {
  /** @returns `false` when the reader is so slow that it was let go */
  write(text: string): boolean;
  end(): void;
}

export type Answer =
  | {
      readonly kind: "page";
      readonly html: string;
      readonly status?: number | undefined;
      readonly retryAfter?: Seconds | undefined;
    }
  | { readonly kind: "json"; readonly value: unknown; readonly status?: number | undefined }
  | ({ readonly kind: "problem" } & Problem)
  | {
      readonly kind: "text";
      readonly type: string;
      readonly text: string;
      readonly status?: number | undefined;
      /** For a download. */
      readonly fileName?: string | undefined;
    }
  /** Its path carries a hash of its content: it may be kept for ever. */
  | { readonly kind: "asset"; readonly type: string; readonly bytes: Uint8Array }
  /** 303: a form was taken, look there. A path of ours; anything else leads to `/`. */
  | { readonly kind: "redirect"; readonly to: string; readonly cookie?: string | undefined }
  /** @param start called once the head is out; the function it returns is called when the reader is gone */
  | {
      readonly kind: "stream";
      readonly type: string;
      readonly start: (sink: StreamSink) => () => void;
    };

export interface Route {
  /** `GET` answers `HEAD`, too. */
  readonly method: "GET" | "POST";
  /** `/history`, or `/assets/{file}`: a segment in braces matches any one segment. */
  readonly path: string;
  readonly access: Access;
  readonly handle: (request: ServiceRequest) => Answer | Promise<Answer>;
}

/** Thrown by what reads a request; answered as its problem. */
export class HttpProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.name = "HttpProblem";
    this.problem = problem;
  }
}
