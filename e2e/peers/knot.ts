import { mkdirSync } from "node:fs";
import { isServing, type NameServer } from "../dns-client.ts";
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

interface Knot extends AsyncDisposable {
  readonly server: NameServer;
}

/** Knot as a primary that takes updates signed with one key. */
export async function startKnot(
  scratch: Scratch,
  { algorithm }: { readonly algorithm: string },
): Promise<Primary> {
  const key = newKey("update-key", algorithm);
  const stranger = newKey("update-key", algorithm);
  const knot = await start(scratch, (folder) => {
    scratch.write("knot/example.org.zone", ZONE_FILE);
    return primary(folder, key);
  });
  const { server } = knot;
  const secretFile = scratch.write("knot.secret", `${key.secret}\n`);
  return {
    ...knot,
    provider: updateProvider(server, key, secretFile),
    stranger: updateProvider(server, key, scratch.write("knot.stranger", stranger.secret)),
    elsewhere: updateProvider(server, key, secretFile, "example.net"),
    secrets: [key.secret, stranger.secret],
    update: (...lines) => nsupdate(server, key, lines),
  };
}

/** Knot as a secondary, at the port that the primary notifies; ready when it has the zone. */
export function startKnotSecondary(scratch: Scratch, primary: NameServer, port: number): Promise<Knot> {
  return start(
    scratch,
    () => `
remote:
  - id: primary
    address: ${primary.address}@${primary.port}
acl:
  - id: notify
    address: 127.0.0.0/8
    action: notify
zone:
  - domain: ${PRIMARY_ZONE}
    master: primary
    acl: notify
`,
    port,
  );
}

function primary(folder: string, { name, algorithm, secret }: TsigKey): string {
  return `
key:
  - id: ${name}
    algorithm: ${algorithm}
    secret: ${secret}
acl:
  - id: update
    key: ${name}
    action: update
zone:
  - domain: ${PRIMARY_ZONE}
    file: ${folder}/example.org.zone
    acl: update
`;
}

async function start(scratch: Scratch, zones: (folder: string) => string, fixedPort?: number): Promise<Knot> {
  const folder = scratch.at("knot");
  mkdirSync(folder);
  const { child, ports } = await startPeer({
    address: "127.0.0.1",
    ports: 1,
    start: ([free = 0]) => {
      const file = scratch.write("knot/knot.conf", common(folder, fixedPort ?? free) + zones(folder));
      return [peerPath("knotd"), "-c", file];
    },
    isReady: ([free = 0]) => isServing({ address: "127.0.0.1", port: fixedPort ?? free }, PRIMARY_ZONE),
  });
  return {
    server: { address: "127.0.0.1", port: fixedPort ?? ports[0] ?? 0 },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

function common(folder: string, port: number): string {
  return `
server:
  rundir: ${folder}
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: ${folder}
  journal-db-max-size: 20M
  timer-db-max-size: 5M
  kasp-db-max-size: 5M
  catalog-db-max-size: 5M
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: ${folder}
    zonefile-sync: -1
    journal-content: all
    zonefile-load: difference
`;
}
