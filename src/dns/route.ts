import type { Family } from "#core/address.ts";
import { formatEndpoint } from "#core/endpoint.ts";
import type { Endpoint, Ports } from "#core/ports.ts";

/** How a server is reached. */
export type Route =
  /** UDP, and TCP for what does not fit. */
  | { readonly kind: "auto"; readonly server: Endpoint }
  | { readonly kind: "tcp"; readonly server: Endpoint }
  | { readonly kind: "udp"; readonly server: Endpoint }
  /** RFC 7858, the server's name verified. */
  | { readonly kind: "tls"; readonly server: Endpoint; readonly serverName: string }
  /** RFC 8484. `family`: absent, whichever the host has. */
  | { readonly kind: "https"; readonly url: URL; readonly family?: Family | undefined };

/** The ports that conversations need. */
export type DnsPorts = Pick<Ports, "clock" | "http" | "random" | "tcp" | "tls" | "udp">;

/** For messages: an endpoint, or a URL without query and credentials. */
export function formatRoute(route: Route): string {
  return route.kind === "https" ? `${route.url.origin}${route.url.pathname}` : formatEndpoint(route.server);
}
