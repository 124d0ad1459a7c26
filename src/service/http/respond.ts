import type { ServerResponse } from "node:http";
import type { Backlog } from "#service/http/backlog.ts";
import { problemDocument } from "#service/http/problem.ts";
import type { Answer, Problem } from "#service/http/route.ts";
import { seconds } from "#core/units.ts";
import { localPath } from "#service/http/target.ts";

export interface Asked {
  /** `HEAD`: the body stays here. */
  readonly isHead: boolean;
  /** Problems as a page. */
  readonly wantsPage: boolean;
  readonly errorPage: (problem: Problem) => string;
  /** How long a reader may take nothing, in milliseconds. */
  readonly writeTime: number;
  readonly backlog: Backlog;
  readonly allow?: readonly string[] | undefined;
}

type Plain = Exclude<Answer, { readonly kind: "stream" }>;

interface Content {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array;
}

const TOO_MUCH: Problem = {
  status: 503,
  type: "too-much-at-once",
  title: "Too much is on its way to others already",
  retryAfter: seconds(5),
};
const HTML = "text/html; charset=utf-8";
const YEAR = 31_536_000;

/** Writes an answer that ends. */
export function respond(response: ServerResponse, answer: Plain, asked: Asked): void {
  const { status, headers, body } = contentThatFits(response, contentOf(answer, asked), asked);
  response.setTimeout(asked.writeTime);
  response.writeHead(status, {
    "cache-control": "no-store",
    ...headers,
    "content-length": Buffer.byteLength(body),
  });
  response.end(asked.isHead ? undefined : body);
}

/** The head of an answer that goes on. */
export function beginStream(response: ServerResponse, type: string): void {
  // A proxy that collects answers before it passes them on would defeat the purpose (nginx, X-Accel-Buffering)
  response.writeHead(200, { "content-type": type, "cache-control": "no-store", "x-accel-buffering": "no" });
  response.flushHeaders();
}

function contentThatFits(response: ServerResponse, content: Content, asked: Asked): Content {
  const bytes = asked.isHead ? 0 : Buffer.byteLength(content.body);
  return asked.backlog.admit(response, bytes) ? content : problemContent(TOO_MUCH, asked);
}

function contentOf(answer: Plain, asked: Asked): Content {
  switch (answer.kind) {
    case "page":
      return {
        status: answer.status ?? 200,
        headers: { "content-type": HTML, ...retryAfter(answer) },
        body: answer.html,
      };
    case "json":
      return {
        status: answer.status ?? 200,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(answer.value),
      };
    case "problem":
      return problemContent(answer, asked);
    case "text":
      return {
        status: answer.status ?? 200,
        headers: { "content-type": answer.type, ...download(answer.fileName) },
        body: answer.text,
      };
    case "asset":
      return {
        status: 200,
        headers: { "content-type": answer.type, "cache-control": `public, max-age=${YEAR}, immutable` },
        body: answer.bytes,
      };
    case "redirect":
      return {
        status: 303,
        headers: {
          location: localPath(answer.to),
          ...(answer.cookie ? { "set-cookie": answer.cookie } : {}),
        },
        body: "",
      };
  }
}

function problemContent(problem: Problem, { wantsPage, errorPage, allow }: Asked): Content {
  const headers = {
    "content-type": wantsPage ? HTML : "application/problem+json",
    ...retryAfter(problem),
    ...challenge(problem),
    ...(allow ? { allow: allow.join(", ") } : {}),
  };
  return {
    status: problem.status,
    headers,
    body: wantsPage ? errorPage(problem) : problemDocument(problem),
  };
}

/** RFC 6750 section 3: with a parameter at least. */
function challenge({ status, type }: Problem): Record<string, string> {
  const realm = 'Bearer realm="esddns"';
  if (type === "scope") return { "www-authenticate": `${realm}, error="insufficient_scope"` };
  return status === 401 ? { "www-authenticate": realm } : {};
}

function retryAfter({ retryAfter: after }: Pick<Problem, "retryAfter">): Record<string, string> {
  return after === undefined ? {} : { "retry-after": String(Math.ceil(after)) };
}

function download(fileName: string | undefined): Record<string, string> {
  if (fileName === undefined) return {};
  return { "content-disposition": `attachment; filename="${fileName.replace(/[^\w.-]/g, "_")}"` };
}
