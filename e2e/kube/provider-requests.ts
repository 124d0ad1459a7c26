import type { NameServers } from "../netlab/name-servers.ts";
import type { Nodes } from "./nodes.ts";

/** A request that PowerDNS has answered. */
export interface ProviderRequest {
  /** Which node sent it; empty: none of ours. */
  readonly node: string;
  readonly method: string;
  readonly status: number;
}

/** Ports of the node with that number. */
const PORTS = 10_000;
/** As PowerDNS logs it, e.g. `[webserver] 2984…e15 44.128.10.77:23580 "PATCH /api/v1/… HTTP/1.1" 204 350`. */
const LINE = /^.* \[webserver\] \S+ \S+:(\d+) "(\w+) \S+ [^"]*" (\d+) /gm;

/**
 * Behind a NAT router all nodes are one address to a provider. Theirs keeps ports where it can, so each node is given
 * ports of its own for what it sends to a provider: thus the provider's log says who sent what. After a boot, again.
 */
export async function markRequests(nodes: Nodes, node: `node-${number}`, provider: string): Promise<void> {
  const first = Number(node.slice("node-".length)) * PORTS;
  const rule = `oifname eth0 ip daddr ${provider} meta l4proto tcp masquerade to :${first}-${first + PORTS - 1}`;
  // Before the rule that is there for all that pods send
  const chain = `chain post { type nat hook postrouting priority 99; ${rule}; }`;
  const { status, stderr } = await nodes.on(node, ["nft", `table inet marks { ${chain}; }`]);
  if (status !== 0) throw new Error(`Cannot mark what ${node} sends: ${stderr}`);
}

/** All so far, in order. */
export function providerRequests(names: NameServers): readonly ProviderRequest[] {
  return [...names.powerdnsLog().matchAll(LINE)].map(([, port, method = "", status]) => {
    const number = Math.floor(Number(port) / PORTS);
    return { node: number >= 1 && number <= 5 ? `node-${number}` : "", method, status: Number(status) };
  });
}
