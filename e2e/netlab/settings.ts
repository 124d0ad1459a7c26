import type { Home } from "./home.ts";
import type { ZoneHost } from "./name-servers.ts";

/** A configuration, as YAML reads JSON. */
export type Settings = Readonly<Record<string, unknown>>;

/** All STUN servers and echoes of the lab, and nothing else. */
export const WITNESSES = "44.128.96.0/20";

const FIVE = [1, 2, 3, 4, 5] as const;

/** STUN server `number` over UDP, by its address. */
export function udp({ servers }: Home, number: number) {
  return { host: servers[number - 1], operator: `op${number}` };
}

export function tcp({ servers }: Home, number: number) {
  return { host: servers[number - 1], transport: "tcp", operator: `op${number}` };
}

/** By its name, which the certificate proves. */
export function tls(number: number) {
  return { host: `stun${number}.netlab.test`, transport: "tls", operator: `op${number}` };
}

/** The HTTPS echo beside STUN server `number`, and of the same operator. */
export function https(number: number, path = "/") {
  return { url: `https://stun${number}.netlab.test${path}`, operator: `op${number}` };
}

/** What a careful user has: five operators, each over UDP and over HTTPS. */
export function fiveOperators(home: Home) {
  return {
    stun: { servers: FIVE.map((number) => udp(home, number)) },
    http: { services: FIVE.map((number) => https(number)) },
  };
}

/** @param name of the record, in the host's zone */
export function settings(home: Home, host: ZoneHost, name: string, more: Settings = {}): Settings {
  return {
    providers: { ours: host.provider },
    records: [{ name: `${name}.${host.zone}`, provider: "ours" }],
    sources: fiveOperators(home),
    schedule: { probe: "1s" },
    tls: { caFile: home.caFile },
    log: { level: "debug", format: "json" },
    ...more,
  };
}
