import { problemDocument } from "#service/http/problem.ts";
import type { Problem } from "#service/http/route.ts";

/** An answer to what Node did not take for a request, by the code of its error; it ends the connection. */
export function rawAnswer(
  code: string | undefined,
  headers: readonly (readonly [name: string, value: string])[],
): string {
  const problem = problemFor(code);
  const body = problemDocument(problem);
  const lines = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    "cache-control: no-store",
    // RFC 9110 section 6.6.1; of what Node answers it says so itself
    `date: ${new Date().toUTCString()}`,
    "connection: close",
    "content-type: application/problem+json",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

function problemFor(code: string | undefined): Problem {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return { status: 431, type: "headers-too-large", title: "The headers are too large" };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, type: "slow-request", title: "The request took too long" };
    default:
      return { status: 400, type: "not-http", title: "That is no HTTP request" };
  }
}
