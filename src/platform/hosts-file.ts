import { readFileSync, statSync } from "node:fs";
import { type Address, type Family, parseAddress } from "#core/address.ts";

/** Host names of a hosts file, as it is at the moment. */
export type HostsFile = (host: string, family: Family) => readonly Address[];

const LOOPBACK = new Map<Family, string>([
  [4, "127.0.0.1"],
  [6, "::1"],
]);

/**
 * A file in the form of hosts(5), read again when it has changed; a missing one is empty.
 * `localhost` and names below it are loopback, whatever else is true (RFC 6761 section 6.3).
 */
export function createHostsFile(path = "/etc/hosts"): HostsFile {
  let version = "";
  let entries: ReadonlyMap<string, readonly Address[]> = new Map();
  return (host, family) => {
    const current = versionOf(path);
    if (current !== version) {
      version = current;
      entries = parseHosts(readText(path));
    }
    const listed = entries.get(host)?.filter((address) => address.family === family) ?? [];
    return listed.length > 0 ? listed : loopback(host, family);
  };
}

function loopback(host: string, family: Family): readonly Address[] {
  if (host !== "localhost" && !host.endsWith(".localhost")) return [];
  const address = parseAddress(LOOPBACK.get(family) ?? "");
  return address ? [address] : [];
}

function parseHosts(text: string): ReadonlyMap<string, readonly Address[]> {
  const entries = new Map<string, Address[]>();
  for (const line of text.split("\n")) {
    const [first = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const address = parseAddress(first);
    if (!address) continue;
    for (const name of names.map((name) => name.toLowerCase())) {
      entries.set(name, [...(entries.get(name) ?? []), address]);
    }
  }
  return entries;
}

function versionOf(path: string): string {
  try {
    const { ino, mtimeNs, size } = statSync(path, { bigint: true });
    return `${ino} ${mtimeNs} ${size}`;
  } catch {
    return "";
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
