import type { IncomingMessage } from "node:http";
import { isLoopback, remoteAddress } from "#service/http/peer.ts";
import { problem } from "#service/http/problem.ts";

const UNUSABLE = "Cannot answer: the request has no usable Host";

/**
 * Against DNS rebinding: a page of another site may lead its own name to our address, and the browser then takes us
 * for that site. So a caller must name us by a name that is ours.
 *
 * @param host as called, with or without a port
 * @throws {HttpProblem} 400, 421 (RFC 9110 section 15.5.20)
 */
export function checkHost(
  { headersDistinct, socket }: IncomingMessage,
  host: string | undefined,
  hosts: readonly string[],
): void {
  if ((headersDistinct["host"] ?? []).length > 1) throw problem(400, "host", UNUSABLE, "It has several");
  const name = host === undefined ? undefined : hostName(host);
  if (name === undefined) throw problem(400, "host", UNUSABLE);
  if (name === "localhost" || hosts.includes(name)) return;
  const address = remoteAddress(name);
  const called = remoteAddress(socket.localAddress);
  if (address && (isLoopback(address) || address.text === called?.text)) return;
  throw problem(
    421,
    "unknown-host",
    "That is no name of this service",
    `This service is not known as "${name}". Call it by its address, or add the name to \`service.hosts\` in the configuration: hosts: [${name}]`,
  );
}

/** Without port, brackets and the root's dot. */
function hostName(host: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?$/.exec(host) ?? [];
  return bracketed ?? plain?.replace(/\.$/, "");
}
