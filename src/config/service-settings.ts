import type { Secret } from "#core/secret.ts";
import type { Prefix } from "#core/prefix.ts";

export type Scope = "operate" | "read";

/** Where the daemon's web service listens, and who may use it. */
export interface ServiceSettings {
  readonly listen:
    | { readonly kind: "tcp"; readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string };
  /** What `esddns password` printed; absent: nobody can sign in. */
  readonly password?: Secret | undefined;
  readonly tokens: readonly {
    readonly name: string;
    readonly scopes: readonly Scope[];
    readonly token: Secret;
  }[];
  /** Names, beside its own addresses, that browsers may call it by. */
  readonly hosts: readonly string[];
  /** Paths are absolute. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** Reverse proxies whose `X-Forwarded-*` count. */
  readonly proxies: readonly Prefix[];
  readonly metrics: {
    /** Whether /metrics shows the address itself. */
    readonly address: boolean;
  };
}
