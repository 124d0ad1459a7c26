import { mkdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { runWell } from "../child.ts";
import { isServing } from "../dns-client.ts";
import { startPeer } from "../peer-process.ts";
import { peerPath } from "../require-peer.ts";
import type { Scratch } from "../scratch.ts";
import { connects } from "./connects.ts";
import { newKey, nsupdate, type Primary, PRIMARY_ZONE, updateProvider } from "./primary.ts";

const SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

/** PowerDNS with SQLite, as a primary that can be changed over its HTTP API and by DNS UPDATE alike. */
export async function startPowerdns(
  scratch: Scratch,
  { door }: { readonly door: "api" | "update" },
): Promise<Primary> {
  const folder = scratch.at("pdns");
  mkdirSync(folder);
  const database = new DatabaseSync(scratch.at("pdns", "pdns.db"));
  database.exec(readFileSync(SCHEMA, "utf8"));
  database.close();
  const key = newKey("update-key", "hmac-sha256");
  const stranger = newKey("update-key", "hmac-sha256");
  const apiKey = `api-${stranger.secret.slice(0, 20)}`;

  const started = await startPeer({
    address: "127.0.0.1",
    ports: 2,
    start: async ([port = 0, apiPort = 0]) => {
      scratch.write("pdns/pdns.conf", configuration(folder, port, apiPort, apiKey));
      await createZone(folder, key);
      return [peerPath("pdns_server"), `--config-dir=${folder}`];
    },
    isReady: async ([port = 0, apiPort = 0]) =>
      (await isServing({ address: "127.0.0.1", port }, PRIMARY_ZONE)) && connects("127.0.0.1", apiPort),
  });
  const [port = 0, apiPort = 0] = started.ports;
  const server = { address: "127.0.0.1", port };
  const secretFile = scratch.write("pdns.secret", key.secret);
  const strangerFile = scratch.write("pdns.stranger", stranger.secret);
  const api = (file: string, zone: string): Record<string, unknown> => ({
    type: "powerdns",
    endpoint: `http://127.0.0.1:${apiPort}`,
    key: { file },
    zone,
  });
  const apiKeyFile = scratch.write("pdns.api-key", `${apiKey}\n`);
  const providers =
    door === "api"
      ? {
          provider: api(apiKeyFile, PRIMARY_ZONE),
          stranger: api(strangerFile, PRIMARY_ZONE),
          elsewhere: api(apiKeyFile, "example.net"),
        }
      : {
          provider: updateProvider(server, key, secretFile),
          stranger: updateProvider(server, key, strangerFile),
          elsewhere: updateProvider(server, key, secretFile, "example.net"),
        };
  return {
    server,
    ...providers,
    secrets: [key.secret, stranger.secret, apiKey],
    update: (...lines) => nsupdate(server, key, lines),
    [Symbol.asyncDispose]: () => started.child[Symbol.asyncDispose](),
  };
}

/** Once; it is there already when the server is started again at other ports. */
async function createZone(
  folder: string,
  key: { readonly name: string; readonly secret: string },
): Promise<void> {
  const pdnsutil = (...words: readonly string[]) =>
    runWell([peerPath("pdnsutil"), `--config-dir=${folder}`, ...words]);
  const zones = await pdnsutil("list-all-zones");
  if (zones.includes(PRIMARY_ZONE)) return;
  await pdnsutil("create-zone", PRIMARY_ZONE, `ns1.${PRIMARY_ZONE}`);
  const soa = `ns1.${PRIMARY_ZONE} hostmaster.${PRIMARY_ZONE} 1 3600 600 86400 60`;
  await pdnsutil("replace-rrset", PRIMARY_ZONE, "@", "SOA", "300", soa);
  await pdnsutil("import-tsig-key", key.name, "hmac-sha256", key.secret);
  await pdnsutil("set-meta", PRIMARY_ZONE, "TSIG-ALLOW-DNSUPDATE", key.name);
  await pdnsutil("set-meta", PRIMARY_ZONE, "SOA-EDIT-DNSUPDATE", "INCREASE");
  await pdnsutil("set-meta", PRIMARY_ZONE, "SOA-EDIT-API", "INCREASE");
}

function configuration(folder: string, port: number, apiPort: number, apiKey: string): string {
  return `
launch=gsqlite3
gsqlite3-database=${folder}/pdns.db
local-address=127.0.0.1
local-port=${port}
socket-dir=${folder}
config-dir=${folder}
api=yes
api-key=${apiKey}
webserver=yes
webserver-address=127.0.0.1
webserver-port=${apiPort}
webserver-allow-from=127.0.0.0/8
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
receiver-threads=1
distributor-threads=1
`;
}
