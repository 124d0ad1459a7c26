/**
 * A DNS service with an HTTP API, emulated on the Internet side. Tells of every request when its work is done.
 *
 * Usage: vendor.ts JSON, see {@link task}.
 */
import { readFileSync } from "node:fs";
import { parseAddress } from "#core/address.ts";
import { CloudflareEmulator } from "#testing/emulators/cloudflare.ts";
import { Dyndns2Emulator } from "#testing/emulators/dyndns2.ts";
import type { Emulator, EmulatorOptions } from "#testing/emulators/emulator.ts";
import { GandiEmulator } from "#testing/emulators/gandi.ts";
import { PowerdnsEmulator } from "#testing/emulators/powerdns.ts";
import { z } from "zod";
import { tell } from "./tell.ts";

const task = z.object({
  kind: z.enum(["gandi", "cloudflare", "powerdns", "dyndns2"]),
  /** To listen at, port 443. */
  address: z.string(),
  certFile: z.string(),
  keyFile: z.string(),
  zone: z.string(),
  /** Full names with an A record each. */
  names: z.array(z.string()),
  /** In all of them at the start. */
  value: z.string(),
  secret: z.string(),
});
type Task = z.output<typeof task>;

const wanted = task.parse(JSON.parse(process.argv[2] ?? ""));
await createVendor(wanted).listen(wanted.address, 443);
tell("ready", {});

function createVendor({ kind, zone, names, value, secret, certFile, keyFile }: Task): Emulator {
  const options: EmulatorOptions = {
    tls: { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") },
    onLogged: ({ method, url, effect, status }) =>
      tell("request", { method, path: `${url.pathname}${url.search}`, effect, status }),
  };
  switch (kind) {
    case "gandi": {
      const emulator = new GandiEmulator({ ...options, zones: [zone], token: secret });
      for (const name of names) emulator.seed(zone, name.slice(0, -zone.length - 1), "A", [value], 300);
      return emulator;
    }
    case "cloudflare": {
      const emulator = new CloudflareEmulator({ ...options, zones: [zone], token: secret });
      for (const name of names) emulator.seed(zone, { name, type: "A", content: value, ttl: 300 });
      return emulator;
    }
    case "powerdns": {
      const emulator = new PowerdnsEmulator({ ...options, zones: [zone], key: secret });
      const records = [{ content: value, disabled: false }];
      for (const name of names) emulator.seed({ name: `${name}.`, type: "A", ttl: 300, records });
      return emulator;
    }
    case "dyndns2": {
      const account = {
        username: "user",
        password: secret,
        hosts: names,
        anyAgent: true,
        abuseAfter: Infinity,
      };
      const emulator = new Dyndns2Emulator({ ...options, ...account });
      for (const name of names) emulator.seed(name, { ipv4: parseAddress(value) });
      return emulator;
    }
  }
}
