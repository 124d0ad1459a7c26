import type { Home } from "../netlab/home.ts";
import type { NameServers } from "../netlab/name-servers.ts";
import { udp } from "../netlab/settings.ts";
import { Scratch } from "../scratch.ts";
import { Releases } from "./helm-releases.ts";
import type { Nodes } from "./nodes.ts";

export const NAMESPACE = "esddns-system";
export const RELEASE = "esddns-operator";
/** The one that the chart is to keep right. */
export const RECORD = "home.pdns.example";

/** Installs it in a namespace for restricted pods, with a record at PowerDNS and the home's witnesses. */
export async function installChart(nodes: Nodes, home: Home, { powerdns }: NameServers): Promise<Releases> {
  const releases = await Releases.in(nodes, NAMESPACE);
  const { key, ...provider } = powerdns.provider;
  const secret = { metadata: { name: "powerdns", namespace: NAMESPACE }, stringData: { key } };
  await nodes.apply({ apiVersion: "v1", kind: "Secret", ...secret });
  using scratch = new Scratch();
  const values = JSON.stringify(valuesFor(home, provider));
  await releases.install(RELEASE, "-f", scratch.write("values.yaml", values));
  return releases;
}

/** What the chart has by default, but for where things are, and quick probes. */
function valuesFor(home: Home, provider: Readonly<Record<string, unknown>>) {
  const servers = [1, 2, 3, 4, 5].map((number) => udp(home, number));
  return {
    providers: { main: { ...provider, key: { secretKeyRef: { name: "powerdns", key: "key" } } } },
    records: [{ name: RECORD }],
    monitoring: { showAddress: true },
    config: {
      sources: { stun: { servers }, http: false, whoami: false, interface: false },
      // An address that changes several times in a minute would be held back as flapping
      schedule: { probe: "1s", hold: "0s" },
    },
  };
}
