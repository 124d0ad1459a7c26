import { TransportError } from "#core/errors.ts";
import type { Http } from "#core/ports.ts";

/**
 * HTTP of providers that ends once this node may not write any more: looked at for each request, since a provider makes
 * several in a row, and waits in between. For each method: there are services that are written to by GET.
 */
export function fencedHttp(http: Http, mayWrite: () => boolean): Http {
  return {
    async request(request, signal) {
      if (!mayWrite()) throw fencedError(request.url.origin);
      return http.request(request, signal);
    },
  };
}

/** Not a cancellation: of a write, that says that it may have been sent. */
function fencedError(peer: string): TransportError {
  const message = `Cannot ask "${peer}": another node may write by now`;
  return new TransportError(message, { code: "fenced", peer, phase: "unsent" });
}
