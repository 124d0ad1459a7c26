import { Resolver } from "node:dns/promises";
import { until } from "./until.ts";

/** A name server by its address. */
export interface NameServer {
  readonly address: string;
  readonly port: number;
}

export type AddressType = "A" | "AAAA";

/** What a name server says, to a client that has nothing of ours in it. Sorted; empty where there is nothing. */
export async function valuesAt(
  server: NameServer,
  name: string,
  type: AddressType = "A",
): Promise<readonly string[]> {
  const records = await recordsAt(server, name, type);
  return records.map(({ address }) => address).toSorted();
}

/** `undefined` where there is no such record. */
export async function ttlAt(
  server: NameServer,
  name: string,
  type: AddressType = "A",
): Promise<number | undefined> {
  const [record] = await recordsAt(server, name, type);
  return record?.ttl;
}

export async function serialAt(server: NameServer, zone: string): Promise<number> {
  return (await resolverOf(server).resolveSoa(zone)).serial;
}

/** Waits until a name server says so. */
export function untilValues(
  server: NameServer,
  name: string,
  values: readonly string[],
  { type = "A", within }: { readonly type?: AddressType; readonly within?: number | undefined } = {},
): Promise<true> {
  const wanted = values.toSorted().join();
  return until(
    `${name} ${type} to be ${wanted}`,
    async () => (await valuesAt(server, name, type)).join() === wanted,
    within,
  );
}

/** Whether the server has the zone and answers for it. */
export async function isServing(server: NameServer, zone: string): Promise<boolean> {
  try {
    return (await serialAt(server, zone)) > 0;
  } catch {
    return false;
  }
}

async function recordsAt(
  server: NameServer,
  name: string,
  type: AddressType,
): Promise<readonly { readonly address: string; readonly ttl: number }[]> {
  const resolver = resolverOf(server);
  try {
    return type === "A"
      ? await resolver.resolve4(name, { ttl: true })
      : await resolver.resolve6(name, { ttl: true });
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ENODATA", "ENOTFOUND"].includes(String(error.code));
}

function resolverOf({ address, port }: NameServer): Resolver {
  const resolver = new Resolver({ timeout: 1000, tries: 3 });
  resolver.setServers([address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`]);
  return resolver;
}
