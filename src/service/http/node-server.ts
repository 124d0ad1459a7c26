import { createServer, type Server as HttpServer, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Duplex } from "node:stream";
import type { ServiceSettings } from "#config/service-settings.ts";
import { readCertificate } from "#service/http/certificate.ts";
import type { Limits } from "#service/http/limits.ts";
import { rawAnswer } from "#service/http/raw-answer.ts";
import { securityHeaders } from "#service/http/security-headers.ts";

/** Node's server, told to be patient with nobody. `secure` is the same one, where it speaks TLS. */
export interface NodeServer {
  readonly server: HttpServer;
  readonly secure?: TlsServer | undefined;
}

/** @throws {ConfigError} when the certificate cannot be used */
export function createNodeServer({ tls }: ServiceSettings, limits: Limits): NodeServer {
  const options = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTime,
    requestTimeout: limits.requestTime,
    keepAliveTimeout: limits.idleTime,
    // We say so ourselves, with all our headers
    requireHostHeader: false,
    connectionsCheckingInterval: Math.min(2000, limits.headersTime),
  };
  const secure =
    tls && createTlsServer({ ...options, ...readCertificate(tls), handshakeTimeout: limits.headersTime });
  const server = secure ?? createServer(options);
  server.maxRequestsPerSocket = limits.requestsPerConnection;
  // Their sum is limited already, and what is left out in silence may matter
  server.maxHeadersCount = 0;
  // An expectation that nobody knows may be passed over (RFC 9110 section 10.1.1)
  server.on("checkExpectation", (message, response) => server.emit("request", message, response));
  answerRaw(server, securityHeaders(tls !== undefined));
  return { server, secure };
}

/** What is no HTTP, too large or too slow never becomes a request. */
function answerRaw(server: HttpServer, headers: ReturnType<typeof securityHeaders>): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.prependListener("request", (message, response) => latest.set(message.socket, response));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const response = latest.get(socket);
    const isInTheMiddle = response?.headersSent === true && !response.writableFinished;
    // Others are of TLS or of the network: nobody could read an answer
    const isOfHttp = /^(HPE|ERR_HTTP)_/.test(error.code ?? "");
    if (!isOfHttp || !socket.writable || isInTheMiddle) socket.destroy();
    else socket.end(rawAnswer(error.code, headers), () => socket.destroy());
  });
}
