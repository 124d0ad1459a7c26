import type { ClientRequest, IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import { parseAddress } from "#core/address.ts";
import { TransportError, type TransportPhase } from "#core/errors.ts";
import type { HttpRequest, HttpResponse } from "#core/ports.ts";

/** How far an exchange came; kept up to date while it runs, because a failure does not tell. */
export interface Progress {
  phase: TransportPhase;
  /** It went onto a connection that had served before. */
  reused: boolean;
  /** The head of the answer came. */
  answered: boolean;
}

/**
 * Sends one request and collects the answer.
 *
 * @param open `request` of node:http or node:https
 * @param signal destroys the connection; the rejection is then whatever the socket says
 */
export function exchange(
  request: HttpRequest,
  open: (options: RequestOptions) => ClientRequest,
  options: RequestOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = open(options);
    const stop = () => outgoing.destroy();
    signal.addEventListener("abort", stop);
    outgoing.on("socket", () => (progress.reused = outgoing.reusedSocket));
    // after the last byte went to the kernel, which a socket that is still connecting does not do
    outgoing.on("finish", () => (progress.phase = "sent"));
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      progress.phase = "sent";
      progress.answered = true;
      readResponse(incoming, request)
        .then(resolve, reject)
        .finally(() => incoming.destroy(incoming.complete ? undefined : new Error("given up")));
    });
    outgoing.on("close", () => {
      signal.removeEventListener("abort", stop);
      // once there is an answer it tells its own end, which may come after this
      if (!progress.answered) reject(new Error("the connection was closed"));
    });
    if (signal.aborted) stop();
    else outgoing.end(request.body);
  });
}

async function readResponse(incoming: IncomingMessage, request: HttpRequest): Promise<HttpResponse> {
  const server = parseAddress(plainAddress(incoming.socket.remoteAddress ?? ""));
  const body = await readBody(incoming, request);
  const headers = Object.fromEntries(
    Object.entries(incoming.headersDistinct).map(([name, values = []]) => [name, values.join(", ")]),
  );
  return { status: incoming.statusCode ?? 0, headers, body, server };
}

function readBody(incoming: IncomingMessage, request: HttpRequest): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    let size = 0;
    const cut = (code: "too-large" | "truncated", is: string) => reject(bodyError(request, code, is));
    const tooLarge = () => cut("too-large", `its answer has more than ${request.maxBytes} bytes`);
    if (Number(incoming.headers["content-length"] ?? 0) > request.maxBytes) return tooLarge();
    incoming.on("data", (piece: Uint8Array) => {
      size += piece.length;
      if (size > request.maxBytes) return tooLarge();
      pieces.push(piece);
    });
    incoming.on("error", reject);
    incoming.on("close", () => cut("truncated", `its answer ended early, after ${size} bytes`));
    incoming.on("end", () => {
      if (incoming.complete) resolve(Uint8Array.from(Buffer.concat(pieces)));
    });
  });
}

function bodyError(request: HttpRequest, code: "too-large" | "truncated", is: string): TransportError {
  const peer = request.url.origin;
  return new TransportError(`Cannot read the answer of "${peer}": ${is}`, { code, peer, phase: "sent" });
}

/** Without the zone, and without the prefix of an IPv4 address in an IPv6 socket. */
function plainAddress(text: string): string {
  return text.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
}
