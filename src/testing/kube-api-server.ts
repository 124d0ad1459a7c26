import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { ServerCertificate } from "#lab/certificate.ts";
import type { ApiMethod } from "#kubernetes/api/ports.ts";
import type { KubeApi } from "#testing/kube-api.ts";

export interface ServedKubeApi {
  readonly url: URL;
  /** Connections that clients have made so far. */
  connections(): number;
  /** SHA-256 of the certificate that each showed, or empty. */
  readonly clients: readonly string[];
  /** From now on for new connections. */
  present(certificate: ServerCertificate): void;
  close(): Promise<void>;
}

const METHODS: readonly ApiMethod[] = ["GET", "PATCH", "POST", "PUT"];

/** The fake API server of kube-api.ts on a loopback port, over TLS. */
export async function serveKubeApi(api: KubeApi, certificate: ServerCertificate): Promise<ServedKubeApi> {
  const context = ({ certificatePem, keyPem }: ServerCertificate) => ({ cert: certificatePem, key: keyPem });
  const server = createServer({
    ...context(certificate),
    // Asked for, and not checked: the authorities of people are no part of this
    requestCert: true,
    rejectUnauthorized: false,
  });
  const clients: string[] = [];
  server.on("secureConnection", (socket) => clients.push(socket.getPeerCertificate().fingerprint256 ?? ""));
  server.on("request", (incoming, outgoing) => {
    const stop = new AbortController();
    outgoing.on("close", () => stop.abort());
    const serve = async () => {
      const pieces: Buffer[] = [];
      for await (const piece of incoming) if (Buffer.isBuffer(piece)) pieces.push(piece);
      const headers = Object.fromEntries(
        Object.entries(incoming.headersDistinct).map(([name, values = []]) => [name, values.join(", ")]),
      );
      const method = METHODS.find((one) => one === incoming.method) ?? "GET";
      const body = pieces.length > 0 ? Buffer.concat(pieces).toString() : undefined;
      const answer = await api.open({ method, target: incoming.url ?? "/", headers, body }, stop.signal);
      outgoing.writeHead(answer.status, answer.headers);
      outgoing.flushHeaders();
      for await (const piece of answer.body) outgoing.write(piece);
      outgoing.end();
    };
    serve().catch(() => outgoing.destroy());
  });
  const port = await listen(server);
  return {
    url: new URL(`https://127.0.0.1:${port}`),
    connections: () => clients.length,
    clients,
    present: (next) => server.setSecureContext(context(next)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(portOf(server.address())));
  });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new TypeError("Cannot tell the port");
  return address.port;
}
