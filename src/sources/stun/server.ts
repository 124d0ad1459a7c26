import { type Family, FAMILIES, parseAddress } from "#core/address.ts";
import type { Operator } from "#core/witness.ts";

export const TRANSPORTS = ["udp", "tcp", "tls"] as const;

export type Transport = (typeof TRANSPORTS)[number];

/** RFC 8489 section 18.6: the ports of `stun` and `stuns`. */
export const DEFAULT_PORTS = { udp: 3478, tcp: 3478, tls: 5349 } as const satisfies Record<Transport, number>;

/** A server to ask, and how. */
export interface StunServer {
  /** A name in lower case, or the canonical text of an address. */
  readonly host: string;
  readonly port: number;
  readonly transport: Transport;
  readonly operator: Operator;
  /** From a public list: without a vote until it proved right. */
  readonly probation: boolean;
}

const LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
const NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const MAX_NAME = 253;

/**
 * @param text a name of one or more labels (IDN in punycode), or an address; IPv6 with or without brackets
 * @returns the host in its one form, or `undefined` when it is neither
 */
export function parseHost(text: string): string | undefined {
  const bare = /^\[.*:.*\]$/.test(text) ? text.slice(1, -1) : text;
  const address = parseAddress(bare);
  if (address) return address.text;
  const name = text.toLowerCase().replace(/\.$/, "");
  // A last label of digits is a mistyped address (RFC 3696 section 2)
  const isName = NAME.test(name) && name.length <= MAX_NAME && !/(^|\.)\d+$/.test(name);
  return isName ? name : undefined;
}

/** `host:port`, `[address]:port` for IPv6. */
export function formatHostPort({ host, port }: Pick<StunServer, "host" | "port">): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What the witness is called everywhere, e.g. `stun:stun.example.net:3478:udp`. */
export function serverId(server: Pick<StunServer, "host" | "port" | "transport">): string {
  return `stun:${formatHostPort(server)}:${server.transport}`;
}

/** An address can only testify for its own family; a name may have both. */
export function familiesOf({ host }: Pick<StunServer, "host">): readonly Family[] {
  const address = parseAddress(host);
  return address ? [address.family] : FAMILIES;
}
