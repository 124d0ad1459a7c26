import { mkdirSync } from "node:fs";
import { isServing } from "../dns-client.ts";
import { startPeer } from "../peer-process.ts";
import { peerPath } from "../require-peer.ts";
import type { Scratch } from "../scratch.ts";
import {
  newKey,
  nsupdate,
  type Primary,
  PRIMARY_ZONE,
  type TsigKey,
  updateProvider,
  ZONE_FILE,
} from "./primary.ts";

/** BIND as a primary that takes updates signed with one key. `notify`: `address port N` of a secondary. */
export async function startBind(
  scratch: Scratch,
  options: { readonly algorithm: string; readonly notify?: string },
): Promise<Primary> {
  const key = newKey("update-key", options.algorithm);
  const stranger = newKey("update-key", options.algorithm);
  mkdirSync(scratch.at("bind"));
  scratch.write("bind/example.org.zone", ZONE_FILE);
  const started = await startPeer({
    address: "127.0.0.1",
    ports: 1,
    start: ([port = 0]) => {
      const file = scratch.write(
        "bind/named.conf",
        configuration(scratch.at("bind"), port, key, options.notify),
      );
      return [peerPath("named"), "-g", "-n", "1", "-c", file];
    },
    isReady: ([port = 0]) => isServing({ address: "127.0.0.1", port }, PRIMARY_ZONE),
  });
  const server = { address: "127.0.0.1", port: started.ports[0] ?? 0 };
  const secretFile = scratch.write("bind.secret", `${key.secret}\n`);
  return {
    server,
    provider: updateProvider(server, key, secretFile),
    stranger: updateProvider(server, key, scratch.write("bind.stranger", stranger.secret)),
    elsewhere: updateProvider(server, key, secretFile, "example.net"),
    secrets: [key.secret, stranger.secret],
    update: (...lines) => nsupdate(server, key, lines),
    [Symbol.asyncDispose]: () => started.child[Symbol.asyncDispose](),
  };
}

function configuration(
  folder: string,
  port: number,
  { name, algorithm, secret }: TsigKey,
  notify?: string,
): string {
  return `
options {
  directory "${folder}";
  managed-keys-directory "${folder}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none; lock-file none; session-keyfile none;
  recursion no; dnssec-validation no; empty-zones-enable no;
  notify ${notify ? "explicit" : "no"}; notify-delay 0;
  allow-transfer { 127.0.0.0/8; };
};
controls { };
key "${name}" { algorithm ${algorithm}; secret "${secret}"; };
zone "${PRIMARY_ZONE}" {
  type primary;
  file "example.org.zone";
  allow-update { key "${name}"; };
  ${notify ? `also-notify { ${notify}; };` : ""}
};
`;
}
