import { parseAddress } from "#core/address.ts";
import type { Prefix } from "#core/prefix.ts";
import { unpublishableReason } from "#core/publishable.ts";
import type { Secret } from "#core/secret.ts";

export type Scope = "operate" | "read";

/** A TCP port of an address of this host, or a socket in the file system. */
export type Listen =
  /** `host` is an address without brackets; port 0: any free one. */
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** `path` is absolute. */
  | { readonly kind: "unix"; readonly path: string };

export interface ServiceToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly token: Secret;
}

/** Where the daemon's web service listens, and who may use it. */
export interface ServiceSettings {
  readonly listen: Listen;
  /** Where everybody may ask for health and metrics, and for nothing else; absent: nowhere but at `listen`. */
  readonly health?: Listen | undefined;
  /** What `esddns password` printed; absent: nobody can sign in. */
  readonly password?: Secret | undefined;
  readonly tokens: readonly ServiceToken[];
  /** Names and addresses, beside its own, that browsers may call it by; lower case, without port. */
  readonly hosts: readonly string[];
  /** Paths are absolute. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** Reverse proxies whose `X-Forwarded-*` count; `unix`: whoever opens the Unix socket. */
  readonly proxies: readonly (Prefix | "unix")[];
  readonly metrics: {
    /** Whether /metrics shows the address itself. */
    readonly address: boolean;
    /** Whether /metrics asks nobody for a password or token. */
    readonly open: boolean;
  };
}

/** Whether other hosts can reach it. */
export function isExposed({ listen }: Pick<ServiceSettings, "listen">): boolean {
  if (listen.kind === "unix") return false;
  const address = parseAddress(listen.host);
  return address === undefined || unpublishableReason(address) !== "loopback";
}

/** Whether the two cannot listen at the same time. */
export function collides(one: Listen, other: Listen): boolean {
  if (one.kind === "unix" || other.kind === "unix") return formatListen(one) === formatListen(other);
  const isSamePort = one.port === other.port && one.port !== 0;
  return isSamePort && (one.host === other.host || [one.host, other.host].some(isEverywhere));
}

/** Every address of this host: `::` takes IPv4, too. */
function isEverywhere(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** Whether callers are asked who they are. */
export function isGuarded({ password, tokens }: Pick<ServiceSettings, "password" | "tokens">): boolean {
  return password !== undefined || tokens.length > 0;
}

/** `127.0.0.1:51339`, `[::1]:51339`, `unix:/run/esddns.sock` */
export function formatListen(listen: Listen): string {
  if (listen.kind === "unix") return `unix:${listen.path}`;
  const { host, port } = listen;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
