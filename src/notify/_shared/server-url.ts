import { ConfigError } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";
import type { Secret } from "#core/secret.ts";
import { isReadableOnTheWay } from "#schemas/http-url.ts";

/** Below the server, whether or not it was written with a slash at its end. */
export function below(server: URL, path: string): URL {
  return new URL(server.href.replace(/\/+$/, "") + path);
}

/**
 * The URL that a secret is.
 *
 * @param example of what the service gives out
 * @throws {ConfigError}
 */
export function secretUrl(secret: Secret, title: string, example: string): URL {
  const text = secret.reveal();
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (url.protocol === "https:" || url.protocol === "http:") return url;
  }
  throw wrongSecret(`the URL for ${title}: it is no http or https URL`, example);
}

/** A secret that cannot be right. @param is e.g. `the token for Telegram: it is …`; without the secret itself */
export function wrongSecret(is: string, expected: string): ConfigError {
  const message = `Cannot use ${is}, expected ${expected}`;
  return new ConfigError(message, [{ path: "", message }]);
}

export function warnOfPlainHttp(log: Log, title: string, url: URL): void {
  if (!isReadableOnTheWay(url)) return;
  log.warn("The notifier's address is plain http: whoever is on the path can read its credentials", {
    notifier: title,
    server: url.host,
  });
}
