import type { Config, World } from "./world.ts";

export const ZONE = "example.org";
/** What records hold before anything is done. */
export const STALE = "44.128.1.1";

/** `api1.netlab.test` of the lab, which resolves from the hosts file. */
const API = { host: "api1.netlab.test", address: "44.128.53.11" };
const SECRET = "bench-secret";

export type VendorKind = "cloudflare" | "dyndns2" | "gandi" | "powerdns";

export function recordNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `home${index + 1}.${ZONE}`);
}

/** Starts an emulated DNS service with these names, all of them stale. */
export function startVendor(world: World, kind: VendorKind, names: readonly string[]) {
  return world.serve("vendor.ts", {
    kind,
    address: API.address,
    ...world.tls,
    zone: ZONE,
    names,
    value: STALE,
    secret: SECRET,
  });
}

/** The account at it, and the records, for the program's configuration. */
export function accountAt(kind: VendorKind, names: readonly string[]): Config {
  const ttl = kind === "dyndns2" ? {} : { ttl: 300 };
  return {
    providers: { api: { type: kind, ...credentials(kind) } },
    records: names.map((name) => ({ name, provider: "api", ...ttl })),
  };
}

export const DYNDNS2_ACCOUNT = { server: API.host, username: "user", password: SECRET } as const;

function credentials(kind: VendorKind): Config {
  const endpoint = `https://${API.host}`;
  switch (kind) {
    case "cloudflare":
    case "gandi":
      return { endpoint, token: SECRET };
    case "powerdns":
      return { endpoint, key: SECRET };
    case "dyndns2":
      return DYNDNS2_ACCOUNT;
  }
}
