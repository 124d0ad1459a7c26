import type { Family } from "#core/address.ts";
import type { Ports } from "#core/ports.ts";
import type { WitnessPort } from "#core/witness.ts";
import { defineSource, type SourceContext } from "#sources/definition.ts";
import { type ListsConfig, stunConfig } from "#sources/stun/config.ts";
import { DEFAULT_SERVERS } from "#sources/stun/default-servers.ts";
import { createListCache } from "#sources/stun/list-cache.ts";
import { PublicList } from "#sources/stun/public-list.ts";
import { familiesOf, serverId, type StunServer, type Transport } from "#sources/stun/server.ts";
import { createWitness } from "#sources/stun/witness.ts";

/** STUN servers over UDP, TCP and TLS: the fastest witnesses there are. */
export const stunSource = defineSource({
  kind: "stun",
  title: "STUN servers",
  description:
    "Asks STUN servers (RFC 8489) for the address they see, each over a fresh socket, with the bare request of 20 bytes. One round trip over UDP, two over TCP, three or four over TLS. Whoever is on the path can forge answers over UDP and TCP, and any server can lie: only the agreement of several operators counts.",
  config: stunConfig,
  create(config, ports, context) {
    const configured = config.servers ?? DEFAULT_SERVERS;
    const lists = config.lists ? openLists(config.lists, ports, context) : [];
    let witnesses = new Map<string, WitnessPort>();
    const update = () => {
      const servers = uniqueServers([...configured, ...lists.flatMap((list) => list.servers)]);
      const witnessOf = (id: string, server: StunServer) =>
        witnesses.get(id) ?? createWitness(server, ports, config);
      witnesses = new Map([...servers].map(([id, server]) => [id, witnessOf(id, server)]));
      return servers;
    };
    update();
    return {
      kind: "stun",
      witnesses: () => [...witnesses.values()],
      async prepare(families, signal) {
        await Promise.all(lists.map((list) => list.refresh(signal)));
        await resolveAhead([...update().values()], families, ports, signal);
      },
    };
  },
});

function openLists(config: ListsConfig, ports: Ports, { cacheFolder }: SourceContext): readonly PublicList[] {
  const { limit, udpLimit = limit, tcpLimit = limit, probation } = config;
  const open = (transport: Transport, url: string | undefined, limit: number) => {
    if (url === undefined) return [];
    const path = cacheFolder && `${cacheFolder}/stun-servers-${transport}.json`;
    const cache = path ? createListCache(ports.files, path) : undefined;
    return [new PublicList({ url: new URL(url), transport, limit, probation, cache }, ports)];
  };
  return [...open("udp", config.udp, udpLimit), ...open("tcp", config.tcp, tcpLimit)];
}

/** By id; the first of its id counts, so that what is configured wins over what is listed. */
function uniqueServers(servers: readonly StunServer[]): ReadonlyMap<string, StunServer> {
  const unique = new Map<string, StunServer>();
  for (const server of servers) {
    const id = serverId(server);
    if (!unique.has(id)) unique.set(id, server);
  }
  return unique;
}

/** Fills the cache of names, so that no round pays for it. */
async function resolveAhead(
  servers: readonly StunServer[],
  families: readonly Family[],
  { names, log }: Pick<Ports, "log" | "names">,
  signal: AbortSignal,
): Promise<void> {
  const questions = new Map<string, { readonly host: string; readonly family: Family }>();
  for (const server of servers) {
    for (const family of familiesOf(server).filter((family) => families.includes(family))) {
      questions.set(`${server.host} ${family}`, { host: server.host, family });
    }
  }
  await Promise.all(
    [...questions.values()].map(async ({ host, family }) => {
      try {
        await names.resolve(host, family, signal);
      } catch (error: unknown) {
        log.debug("A STUN server's name does not resolve", { host, family, error });
      }
    }),
  );
}
