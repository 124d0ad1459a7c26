import type { Family } from "#core/address.ts";
import { type Operator, operator } from "#core/witness.ts";
import { operatorOfHost } from "#sources/_shared/operator-of-host.ts";

/** `text`: the body is the address. `trace`: lines of `key=value` with an `ip`. */
export type EchoFormat = "text" | "trace";

/** A web service that tells its callers their address. */
export interface EchoService {
  readonly url: URL;
  readonly format: EchoFormat;
  readonly families: readonly Family[];
  readonly operator: Operator;
}

export const CLOUDFLARE = operator("cloudflare");

/**
 * The services asked unless others are configured. Each was seen in use by other clients under this very name;
 * names that exist for one family alone are preferred, because they cannot answer for the other.
 * Left out: services with daily limits or challenge pages (ipinfo.io, ifconfig.co), and 1.1.1.1, whose trace was
 * reported to name Cloudflare's own addresses.
 */
export const DEFAULT_SERVICES: readonly EchoService[] = [
  service("https://api.ipify.org/", [4]),
  service("https://api6.ipify.org/", [6]),
  service("https://checkip.amazonaws.com/", [4]),
  service("https://www.cloudflare.com/cdn-cgi/trace", [4, 6]),
  service("https://ipv4.icanhazip.com/", [4]),
  service("https://ipv6.icanhazip.com/", [6]),
  service("https://checkipv4.dedyn.io/", [4]),
  service("https://checkipv6.dedyn.io/", [6]),
  service("https://v4.ident.me/", [4]),
  service("https://v6.ident.me/", [6]),
  service("https://ifconfig.me/ip", [4]),
  service("https://ip4.nnev.de/", [4]),
  service("https://ip6.nnev.de/", [6]),
  service("https://ipv4.nsupdate.info/myip", [4]),
  service("https://ipv6.nsupdate.info/myip", [6]),
  service("https://ipv4.wtfismyip.com/text", [4]),
  service("https://ipv6.wtfismyip.com/text", [6]),
];

export function formatOf(url: URL): EchoFormat {
  return url.pathname.endsWith("/cdn-cgi/trace") ? "trace" : "text";
}

/** Without the query, which may carry a token: two services must differ in host or path. */
export function serviceId(url: URL): string {
  return `http:${url.host}${url.pathname}`;
}

/** The URL as people may see it: of its query only what is known to be harmless. */
export function visibleUrl(url: URL): string {
  const query = /^\?format=\w+$/.test(url.search) ? url.search : "";
  return `${url.origin}${url.pathname}${query}`;
}

function service(text: string, families: readonly Family[]): EchoService {
  const url = new URL(text);
  return { url, format: formatOf(url), families, operator: operatorOfHost(url.hostname) };
}
