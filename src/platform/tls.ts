import { parseAddress } from "#core/address.ts";
import { formatEndpoint } from "#core/endpoint.ts";
import { CancelledError } from "#core/errors.ts";
import type { Tls } from "#core/ports.ts";
import { openStream } from "#platform/socket-stream.ts";
import type { Trust } from "#platform/trust.ts";

/** Verified TLS 1.2 and 1.3 by `node:tls`, which is loaded with the first connection. */
export function createTls(trust: Trust): Tls {
  return {
    async connect(peer, { serverName, alpn }, signal) {
      if (signal.aborted) throw new CancelledError();
      const { checkServerIdentity, connect } = process.getBuiltinModule("node:tls");
      const secureContext = trust();
      const socket = connect({
        host: peer.address.text,
        port: peer.port,
        // RFC 6066 section 3: no addresses in the name that is sent
        servername: parseAddress(serverName) ? "" : serverName,
        checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate),
        rejectUnauthorized: true,
        ...(alpn && { ALPNProtocols: [...alpn] }),
        ...(secureContext && { secureContext }),
      });
      socket.setNoDelay(true);
      return openStream(socket, "secureConnect", formatEndpoint(peer), signal);
    },
  };
}
