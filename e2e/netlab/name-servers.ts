import { mkdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { BARE_ENVIRONMENT, Child, runWell } from "../child.ts";
import { peerPath } from "../require-peer.ts";
import { Scratch } from "../scratch.ts";
import type { Home } from "./home.ts";

/** The Debian packages that the name servers come in. */
export const NAME_SERVERS = ["named", "knotd", "pdns_server", "pdnsutil", "dig"] as const;

/** A name server of the lab's Internet with a zone of its own, as esddns is configured to write to it. */
export interface ZoneHost {
  readonly label: string;
  readonly zone: string;
  readonly address: string;
  readonly provider: Readonly<Record<string, unknown>>;
  /** The zone's name servers, as the zone says. */
  readonly servers: readonly string[];
}

export interface NameServers extends AsyncDisposable {
  readonly bind: ZoneHost;
  readonly knot: ZoneHost;
  readonly powerdns: ZoneHost;
  /** Every address that BIND ever took into its zone, by its own log: `NAME TYPE ADDRESS`. */
  bindWrites(): readonly string[];
  /** What PowerDNS has logged so far, with a line for each request to its API. */
  powerdnsLog(): string;
}

/** What `home` and `far` hold at the start, in every zone. */
export const OLD = { address: "44.128.1.1", ttl: 60 } as const;
const [BIND, KNOT, POWERDNS] = ["44.128.53.1", "44.128.53.2", "44.128.53.3"];
const SECRET = Buffer.from("a secret of thirty-two bytes ...").toString("base64");
const API_KEY = "the-api-key-of-powerdns";

/**
 * BIND with `bind.example`, which is the home's resolver, too; Knot with `knot.example`, and a secondary of
 * BIND's zone; PowerDNS with `pdns.example`.
 */
export async function startNameServers(home: Home): Promise<NameServers> {
  const scratch = new Scratch();
  const bind = startBind(home, scratch);
  const knot = startKnot(home, scratch);
  const powerdns = await startPowerdns(home, scratch);
  for (const [child, zone, address] of [
    [bind, "bind.example", BIND],
    [knot, "knot.example", KNOT],
    [knot, "bind.example", KNOT],
    [powerdns, "pdns.example", POWERDNS],
  ] as const) {
    await child.until(`${address} to serve ${zone}`, () => isServing(home, address, zone));
  }
  return {
    bind: updateHost("BIND", "bind.example", BIND, ["ns1.bind.example", "ns2.bind.example"]),
    knot: updateHost("Knot", "knot.example", KNOT, ["ns1.knot.example"]),
    powerdns: {
      label: "PowerDNS",
      zone: "pdns.example",
      address: POWERDNS,
      provider: { type: "powerdns", endpoint: `http://${POWERDNS}:8081`, key: API_KEY },
      servers: ["ns1.pdns.example"],
    },
    bindWrites: () =>
      [...bind.stderr.matchAll(/adding an RR at '(\S+)' (\S+) (\S+)/g)].map(
        ([, name = "", type = "", value = ""]) => `${name} ${type} ${value}`,
      ),
    powerdnsLog: () => powerdns.stderr,
    async [Symbol.asyncDispose]() {
      await Promise.all([bind.stop(), knot.stop(), powerdns.stop()]);
      scratch[Symbol.dispose]();
    },
  };
}

/** The values of a record, as the Internet sees them at a name server. Sorted. */
export function valuesAt(home: Home, server: string, name: string, type = "A"): readonly string[] {
  const answer = home.onInternet("dig", "+short", "+time=1", `@${server}`, name, type);
  return answer.split("\n").filter(Boolean).toSorted();
}

export function serialAt(home: Home, { address, zone }: ZoneHost): number {
  const [, serial] =
    /^\S+ \S+ (\d+)/.exec(home.onInternet("dig", "+short", `@${address}`, zone, "SOA")) ?? [];
  return Number(serial);
}

function isServing(home: Home, server: string, zone: string): boolean {
  try {
    return home.onInternet("dig", "+short", "+time=1", "+tries=1", `@${server}`, zone, "SOA").includes("ns1");
  } catch {
    return false;
  }
}

function updateHost(label: string, zone: string, address: string, servers: readonly string[]): ZoneHost {
  const key = { name: "update-key", algorithm: "hmac-sha256", secret: SECRET };
  return { label, zone, address, provider: { type: "rfc2136", server: address, key }, servers };
}

function zoneFile(zone: string, addresses: readonly string[]): string {
  const servers = addresses.flatMap((address, index) => [
    `@ 60 NS ns${index + 1}.${zone}.`,
    `ns${index + 1} 60 A ${address}`,
  ]);
  return [
    `$ORIGIN ${zone}.`,
    `@ 60 SOA ns1.${zone}. hostmaster.${zone}. 1 3600 600 86400 60`,
    ...servers,
    `home ${OLD.ttl} A ${OLD.address}`,
    `far ${OLD.ttl} A ${OLD.address}`,
    "",
  ].join("\n");
}

function startBind(home: Home, scratch: Scratch): Child {
  const folder = scratch.at("bind");
  mkdirSync(folder);
  scratch.write("bind/zone", zoneFile("bind.example", [BIND, KNOT]));
  const forward = (zone: string, to: string) =>
    `zone "${zone}" { type forward; forward only; forwarders { ${to}; }; };`;
  const file = scratch.write(
    "bind/named.conf",
    `
options {
  directory "${folder}"; managed-keys-directory "${folder}";
  listen-on { ${BIND}; }; listen-on-v6 { none; };
  pid-file none; lock-file none; session-keyfile none;
  recursion yes; allow-recursion { any; }; dnssec-validation no; empty-zones-enable no;
  notify explicit; notify-delay 0; notify-source ${BIND}; allow-transfer { ${KNOT}; };
};
controls { };
key "update-key" { algorithm hmac-sha256; secret "${SECRET}"; };
zone "bind.example" {
  type primary; file "zone"; allow-update { key "update-key"; }; also-notify { ${KNOT}; };
};
${forward("knot.example", KNOT)}
${forward("pdns.example", POWERDNS)}
`,
  );
  return startIn(home, [peerPath("named"), "-g", "-n", "1", "-c", file]);
}

function startKnot(home: Home, scratch: Scratch): Child {
  const folder = scratch.at("knot");
  mkdirSync(folder);
  scratch.write("knot/zone", zoneFile("knot.example", [KNOT]));
  const file = scratch.write(
    "knot/knot.conf",
    `
server:
  rundir: ${folder}
  listen: ${KNOT}@53
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
key:
  - id: update-key
    algorithm: hmac-sha256
    secret: ${SECRET}
remote:
  - id: bind
    address: ${BIND}@53
    via: ${KNOT}
acl:
  - id: update
    key: update-key
    action: update
  - id: notify
    address: ${BIND}
    action: notify
template:
  - id: default
    storage: ${folder}
    zonefile-sync: -1
    journal-content: all
    zonefile-load: difference
zone:
  - domain: knot.example
    file: ${folder}/zone
    acl: update
  - domain: bind.example
    master: bind
    acl: notify
`,
  );
  return startIn(home, [peerPath("knotd"), "-c", file]);
}

async function startPowerdns(home: Home, scratch: Scratch): Promise<Child> {
  const folder = scratch.at("pdns");
  mkdirSync(folder);
  const database = new DatabaseSync(scratch.at("pdns", "db"));
  database.exec(readFileSync("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql", "utf8"));
  database.close();
  scratch.write(
    "pdns/pdns.conf",
    `
launch=gsqlite3
gsqlite3-database=${folder}/db
local-address=${POWERDNS}
socket-dir=${folder}
config-dir=${folder}
api=yes
api-key=${API_KEY}
webserver=yes
webserver-address=${POWERDNS}
webserver-port=8081
webserver-allow-from=0.0.0.0/0
loglevel=5
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
receiver-threads=1
distributor-threads=1
`,
  );
  const zone = scratch.write("pdns/zone", zoneFile("pdns.example", [POWERDNS]));
  const pdnsutil = (...words: readonly string[]) =>
    runWell([peerPath("pdnsutil"), `--config-dir=${folder}`, ...words]);
  await pdnsutil("load-zone", "pdns.example", zone);
  await pdnsutil("set-kind", "pdns.example", "MASTER");
  await pdnsutil("set-meta", "pdns.example", "SOA-EDIT-API", "INCREASE");
  return startIn(home, [peerPath("pdns_server"), `--config-dir=${folder}`]);
}

function startIn(home: Home, command: readonly string[]): Child {
  return new Child([...home.inInternet, ...command], { env: BARE_ENVIRONMENT });
}
