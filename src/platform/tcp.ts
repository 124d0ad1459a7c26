import { formatEndpoint } from "#core/endpoint.ts";
import { CancelledError } from "#core/errors.ts";
import type { Tcp } from "#core/ports.ts";
import { openStream } from "#platform/socket-stream.ts";

/** TCP by `node:net`, which is loaded with the first connection. */
export function createTcp(): Tcp {
  return {
    async connect(peer, signal) {
      if (signal.aborted) throw new CancelledError();
      const { connect } = process.getBuiltinModule("node:net");
      const socket = connect({ host: peer.address.text, port: peer.port, noDelay: true });
      return openStream(socket, "connect", formatEndpoint(peer), signal);
    },
  };
}
