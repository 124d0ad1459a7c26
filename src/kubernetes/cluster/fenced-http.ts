import { CancelledError } from "#core/errors.ts";
import type { Http } from "#core/ports.ts";

/**
 * HTTP that changes nothing once this node may not write any more: looked at for each request, since a provider makes
 * several in a row, and waits in between.
 */
export function fencedHttp(http: Http, mayWrite: () => boolean): Http {
  return {
    async request(request, signal) {
      if (request.method !== "GET" && !mayWrite()) throw new CancelledError("Another node leads");
      return http.request(request, signal);
    },
  };
}
