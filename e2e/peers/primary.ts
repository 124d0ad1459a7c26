import { randomBytes } from "node:crypto";
import { runWell } from "../child.ts";
import type { NameServer } from "../dns-client.ts";
import type { Config } from "../lab.ts";
import { peerPath } from "../require-peer.ts";

export const PRIMARY_ZONE = "example.org";

/** A TSIG key, shared by a server and its clients. */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: string;
  /** Base64. */
  readonly secret: string;
}

/** A real name server with a zone that can be changed. */
export interface Primary extends AsyncDisposable {
  readonly server: NameServer;
  /** With its secret in a file or in the environment. */
  readonly provider: Config;
  /** Who does not know the secret. */
  readonly stranger: Config;
  /** The same account, for a zone that the server does not have. */
  readonly elsewhere: Config;
  readonly secrets: readonly string[];
  /** Changes records as somebody else would: lines for nsupdate. */
  update(...lines: readonly string[]): Promise<void>;
}

export function newKey(name: string, algorithm: string): TsigKey {
  return { name, algorithm, secret: randomBytes(32).toString("base64") };
}

/** The zone as a file in the usual format. */
export const ZONE_FILE = `$ORIGIN ${PRIMARY_ZONE}.
$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 60
@ IN NS ns1
ns1 IN A 127.0.0.1
`;

/** A provider of ours for DNS UPDATE. */
export function updateProvider(
  server: NameServer,
  key: TsigKey,
  secretFile: string,
  zone = PRIMARY_ZONE,
): Config {
  const { name, algorithm } = key;
  return {
    type: "rfc2136",
    server: server.address,
    port: server.port,
    zone,
    key: { name, algorithm, secret: { file: secretFile } },
  };
}

/** BIND's own client. */
export async function nsupdate(server: NameServer, key: TsigKey, lines: readonly string[]): Promise<void> {
  const script = [
    `server ${server.address} ${server.port}`,
    `zone ${PRIMARY_ZONE}`,
    ...lines,
    "send",
    "",
  ].join("\n");
  await runWell([peerPath("nsupdate"), "-y", `${key.algorithm}:${key.name}:${key.secret}`], {
    input: script,
  });
}
