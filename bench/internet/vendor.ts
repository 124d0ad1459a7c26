/**
 * A DNS service with an HTTP API, emulated on the Internet side. Tells of every request when its work is done.
 *
 * Usage: vendor.ts JSON, see {@link task}.
 */
import { readFileSync } from "node:fs";
import { type Address, parseAddress } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import { seconds } from "#core/units.ts";
import { startDnsServer } from "#lab/dns-server.ts";
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

/** The home's resolver. */
const RESOLVER = "44.128.53.1";
let hosts: (name: string) => Address | undefined = () => undefined;
let publish: () => void = () => {};

const wanted = task.parse(JSON.parse(process.argv[2] ?? ""));
await createVendor(wanted).listen(wanted.address, 443);
if (wanted.kind === "dyndns2") await startNameServer();
tell("ready", {});

function createVendor({ kind, zone, names, value, secret, certFile, keyFile }: Task): Emulator {
  const options: EmulatorOptions = {
    tls: { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") },
    onLogged({ method, url, effect, status }) {
      tell("request", { method, path: `${url.pathname}${url.search}`, effect, status });
      publish();
    },
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
      hosts = (name) => emulator.get(name)?.ipv4;
      return emulator;
    }
  }
}

/** Such a service has name servers of its own, which are how others see what it holds. Here it resolves for all. */
async function startNameServer(): Promise<void> {
  const address = parseAddress(RESOLVER);
  if (!address) return;
  const server = await startDnsServer({ address, port: 53, zones: [{ name: wanted.zone }] });
  publish = () => {
    for (const name of wanted.names) {
      const value = hosts(name);
      if (value) server.set({ name: parseDomainName(name), type: "A", ttl: seconds(60), values: [value] });
    }
  };
  publish();
}
