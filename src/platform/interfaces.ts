import { promises } from "node:fs";
import { networkInterfaces } from "node:os";
import { addressFromBytes, parseAddress } from "#core/address.ts";
import type { InterfaceAddress, Interfaces } from "#core/ports.ts";

/** Linux, include/uapi/linux/if_addr.h. */
const FLAG = { temporary: 0x01, duplicate: 0x08, deprecated: 0x20, tentative: 0x40 } as const;

/**
 * Addresses of the interfaces that are up. Node does not tell the state of IPv6 addresses; Linux does.
 *
 * @param ifInet6 the kernel's table; elsewhere than on Linux there is none, and no flag is set
 */
export function createInterfaces(ifInet6 = "/proc/net/if_inet6"): Interfaces {
  return {
    async addresses() {
      const flags = parseFlags(await readTable(ifInet6));
      return Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
        entries.flatMap(({ address }) => describeAddress(name, address, flags)),
      );
    },
  };
}

function describeAddress(
  name: string,
  text: string,
  flags: ReadonlyMap<string, number>,
): readonly InterfaceAddress[] {
  const address = parseAddress(text.split("%", 1).join(""));
  if (!address) return [];
  const bits = flags.get(`${name} ${address.text}`) ?? 0;
  return [
    {
      interface: name,
      address,
      temporary: (bits & FLAG.temporary) !== 0,
      deprecated: (bits & FLAG.deprecated) !== 0,
      // found to be somebody else's (RFC 4862 section 5.4.5): as unusable as one still being checked
      tentative: (bits & (FLAG.tentative | FLAG.duplicate)) !== 0,
    },
  ];
}

/** Lines of `address index prefix-length scope flags name`, all but the name in hex. */
function parseFlags(table: string): ReadonlyMap<string, number> {
  const flags = new Map<string, number>();
  for (const line of table.split("\n")) {
    const match = /^([0-9a-f]{32}) \S+ \S+ \S+ ([0-9a-f]+) +(\S+)$/.exec(line);
    const [, hex = "", bits = "", name = ""] = match ?? [];
    if (match)
      flags.set(`${name} ${addressFromBytes(Buffer.from(hex, "hex")).text}`, Number.parseInt(bits, 16));
  }
  return flags;
}

async function readTable(path: string): Promise<string> {
  try {
    return await promises.readFile(path, "utf8");
  } catch {
    return "";
  }
}
