import { operator } from "#core/witness.ts";
import { DEFAULT_PORTS, type StunServer, type Transport } from "#sources/stun/server.ts";

/**
 * The servers asked unless others are configured: each run by an organisation of its own that needs the service
 * itself. How sure each is (2026-08):
 *
 * - "tested": on the list of servers that always-online-stun found answering over TCP on 2026-08-22 (its UDP list
 *   is tested over TCP too). That says nothing about UDP or the address they tell.
 * - "widely configured": not on that list, which has no servers without TCP, but the default of much other software.
 *
 * FreeSWITCH is SignalWire's, so that the two share a vote. None is asked over TLS, because none was seen to answer
 * there with a certificate for its name; authenticated votes come from the source `http`.
 */
export const DEFAULT_SERVERS: readonly StunServer[] = [
  // Widely configured
  server("google", "stun.l.google.com", "udp", 19302),
  server("cloudflare", "stun.cloudflare.com", "udp"),
  server("sipgate", "stun.sipgate.net", "udp"),
  // Tested
  server("nextcloud", "stun.nextcloud.com", "udp"),
  server("nextcloud", "stun.nextcloud.com", "tcp", 443),
  server("signalwire", "stun.signalwire.com", "udp"),
  server("signalwire", "stun.freeswitch.org", "udp"),
  server("telnyx", "stun.telnyx.com", "udp"),
  server("antisip", "stun.antisip.com", "udp"),
  server("threema", "stun.threema.ch", "udp"),
  server("threema", "stun.threema.ch", "tcp"),
  server("hot-chilli", "stun.hot-chilli.net", "udp"),
];

function server(
  name: string,
  host: string,
  transport: Transport,
  port: number = DEFAULT_PORTS[transport],
): StunServer {
  return { host, port, transport, operator: operator(name), probation: false };
}
