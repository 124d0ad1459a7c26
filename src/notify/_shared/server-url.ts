import { z } from "zod";
import { ConfigError } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";
import type { Secret } from "#core/secret.ts";

/** The base URL of a service, with or without a path of its own. */
export const serverUrl = z
  .string()
  .refine(isServer, "expected an http or https URL without credentials, query and fragment")
  .transform((text) => new URL(text));

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

/** Whoever is on the path of a plain http request can read what proves who we are. */
export function warnOfPlainHttp(log: Log, title: string, url: URL): void {
  if (url.protocol === "https:" || isLoopback(url.hostname)) return;
  log.warn("The notifier's address is plain http: whoever is on the path can read its credentials", {
    notifier: title,
    server: url.host,
  });
}

function isServer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  const isHttp = protocol === "http:" || protocol === "https:";
  return isHttp && username + password + search + hash === "";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}
