import { z } from "zod";
import type { Log } from "#core/ports.ts";

/** The base URL of an API, with or without a path of its own. */
export const endpointUrl = z
  .string()
  .refine(isEndpoint, "expected an http or https URL without credentials, query and fragment")
  .transform((text) => new URL(text));

/** Whoever is on the path of a plain http request can read the credentials in it. */
export function warnOfPlainHttp(log: Log, title: string, endpoint: URL): void {
  if (endpoint.protocol === "https:" || isLoopback(endpoint.hostname)) return;
  log.warn("The provider's endpoint is plain http: whoever is on the path can read its credentials", {
    provider: title,
    endpoint: endpoint.origin,
  });
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  const isHttp = protocol === "http:" || protocol === "https:";
  return isHttp && username + password + search + hash === "";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}
