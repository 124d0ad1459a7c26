import type { Log } from "#core/ports.ts";
import { isReadableOnTheWay } from "#schemas/http-url.ts";

export function warnOfPlainHttp(log: Log, title: string, endpoint: URL): void {
  if (!isReadableOnTheWay(endpoint)) return;
  log.warn("The provider's endpoint is plain http: whoever is on the path can read its credentials", {
    provider: title,
    endpoint: endpoint.origin,
  });
}
