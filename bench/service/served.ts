import { z } from "zod";
import { Daemon } from "../daemon.ts";
import { accountAt, recordNames, startVendor } from "../vendors.ts";
import type { World } from "../world.ts";
import { writePast } from "./past.ts";

export interface Scale {
  /** Half of them of IPv4, half of IPv6. */
  readonly records: number;
  readonly days: number;
}

/** A daemon with its dashboard, and a past. */
export interface Served extends AsyncDisposable {
  readonly daemon: Daemon;
  readonly origin: string;
}

export async function startServed(world: World, user: string, { records, days }: Scale): Promise<Served> {
  const names = recordNames(records / 2);
  const path = world.scratch.at(`${user}.db`);
  if (days > 0) writePast(path, { days, names, witnesses: world.witnesses });
  const config = world.configure(user, {
    ...accountAt("powerdns", names),
    records: names.map((name) => ({ name, types: ["A", "AAAA"], provider: "api", ttl: 300 })),
    verify: false,
    service: { listen: "127.0.0.1:0" },
    log: { level: "debug", format: "json" },
  });
  const vendor = await startVendor(world, "powerdns", names);
  const daemon = new Daemon(world, config, user);
  const dispose = async () => {
    await daemon[Symbol.asyncDispose]();
    await vendor[Symbol.asyncDispose]();
  };
  try {
    const { address } = await daemon.says("The dashboard is served", 0);
    await vendor.next("request", ({ effect }) => effect === "write");
    await daemon.says("Round ended", 0);
    return { daemon, origin: z.string().parse(address), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
