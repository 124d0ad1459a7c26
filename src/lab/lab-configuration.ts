import { formatEndpoint } from "#core/endpoint.ts";
import { LAB_RANGES } from "#lab/addresses.ts";
import { LAB_KEY_NAME, LAB_ZONE, type World } from "#lab/world.ts";

/** Where the files lie that the lab's configuration names. */
export interface LabFiles {
  readonly caFile: string;
  readonly keyFile: string;
  readonly storeFile: string;
  /** Of the dashboard; 0: any free one. */
  readonly port: number;
}

/** An `esddns.yaml` for a world: what a user would write, with every server of the lab in it. */
export function labConfiguration(
  world: World,
  { caFile, keyFile, storeFile, port: dashboard }: LabFiles,
): string {
  const records = Map.groupBy(world.records, ({ name }) => name);
  const stun = world.witnesses.filter(({ kind }) => kind === "stun");
  const http = world.witnesses.filter(({ kind }) => kind === "http");
  const { address, port } = world.dns.endpoint;
  return [
    "# The lab's own configuration: try every command with it",
    "providers:",
    "  lab:",
    "    type: rfc2136",
    `    server: ${address.text}`,
    `    port: ${port}`,
    `    zone: ${LAB_ZONE}`,
    `    key: { name: ${LAB_KEY_NAME}, algorithm: hmac-sha256, secret: { file: ${JSON.stringify(keyFile)} } }`,
    "    # A line that blocks UDP stops no update",
    "    transport: tcp",
    "    timeout: 2s",
    "records:",
    ...[...records].map(
      ([name, keys]) =>
        `  - { name: "${name}", types: [${keys.map(({ type }) => type).join(", ")}], provider: lab, ttl: 60 }`,
    ),
    "sources:",
    "  stun:",
    "    servers:",
    ...stun.map(
      ({ endpoint, transport, operator }) =>
        `      - { host: "${endpoint.address.text}", port: ${endpoint.port}, transport: ${transport}, operator: ${operator} }`,
    ),
    "  http:",
    "    services:",
    ...http.map(
      ({ endpoint, operator, family }) =>
        `      - { url: "https://${formatEndpoint(endpoint)}/", families: [${family}], operator: ${operator} }`,
    ),
    `consensus: { quorum: 2, deadline: 3s, allowRanges: [${LAB_RANGES.map((range) => JSON.stringify(range)).join(", ")}] }`,
    "schedule: { interval: 1m, probe: 2s, hold: 5s }",
    `verify: { servers: ["${formatEndpoint(world.dns.endpoint)}"], deadline: 10s }`,
    `service: { listen: "127.0.0.1:${dashboard}" }`,
    `store: { path: ${JSON.stringify(storeFile)} }`,
    `tls: { caFile: ${JSON.stringify(caFile)} }`,
    "",
  ].join("\n");
}
