import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { type Address, parseAddress } from "#core/address.ts";
import { type Prefix, prefixContains, prefixOf } from "#core/prefix.ts";
import { unpublishableReason } from "#core/publishable.ts";

type Proxies = readonly (Prefix | "unix")[];

/** Who is at the other end, and how it called us. */
export interface Peer {
  /** Absent: it came through the Unix socket, and no proxy said more. */
  readonly address: Address | undefined;
  /** It has passed a proxy, ours or somebody's: whoever is behind it is not on this host. */
  readonly isForwarded: boolean;
  readonly isSecure: boolean;
  /** As called, with a port; in lower case. */
  readonly host: string | undefined;
}

const TRACES = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/**
 * `X-Forwarded-*` count only when a named proxy says them.
 *
 * @param authority of the request's target: where there is one, `Host` does not count (RFC 9112 section 3.2.2)
 */
export function readPeer(message: IncomingMessage, proxies: Proxies, authority?: string): Peer {
  const { headers, socket } = message;
  const address = remoteAddress(socket.remoteAddress);
  const isTrusted = isProxy(address, proxies);
  const told = (name: string) => (isTrusted ? listOf(headers[name]) : []);
  const proto = told("x-forwarded-proto").at(-1)?.toLowerCase();
  return {
    address: farthestTrusted(address, told("x-forwarded-for"), proxies),
    isForwarded: TRACES.some((name) => headers[name] !== undefined),
    isSecure: socket instanceof TLSSocket || proto === "https",
    host: (told("x-forwarded-host").at(-1) ?? (headers.host && (authority ?? headers.host)))?.toLowerCase(),
  };
}

/** A dual-stack socket shows IPv4 callers as `::ffff:a.b.c.d`; link-local ones carry a zone. */
export function remoteAddress(text = ""): Address | undefined {
  return parseAddress(text.replace(/^::ffff:(?=.*\.)/i, "").replace(/%.*$/, ""));
}

export function isProxy(address: Address | undefined, proxies: Proxies): boolean {
  return proxies.some((proxy) =>
    proxy === "unix" ? address === undefined : address !== undefined && prefixContains(proxy, address),
  );
}

/** What a caller is counted by: a network may hand out a whole /64 to one host. */
export function countedAs(address: Address | undefined): string {
  if (!address) return "unix";
  return address.family === 6 ? prefixOf(address, 64).text : address.text;
}

export function isLoopback(address: Address | undefined): boolean {
  return address !== undefined && unpublishableReason(address) === "loopback";
}

/** Each hop appends who called it; what stands left of the first stranger is a stranger's word. */
function farthestTrusted(
  direct: Address | undefined,
  hops: readonly string[],
  proxies: Proxies,
): Address | undefined {
  let farthest = direct;
  for (const hop of hops.toReversed()) {
    if (!isProxy(farthest, proxies)) break;
    const address = parseHop(hop);
    if (!address) break;
    farthest = address;
  }
  return farthest;
}

/** Some proxies add the port. */
function parseHop(text: string): Address | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? [];
  return remoteAddress(bracketed ?? plain ?? text);
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  const text = typeof value === "string" ? value : (value ?? []).join(",");
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
