import type { Mark } from "#service/pages/components/mark.ts";
import type { ClusterState, LoadBalancerState, SharedAddressState } from "#state/cluster.ts";

/** The Service's load balancer, next to what DNS points at. */
export interface BalancerModel {
  readonly mark: Mark;
  /** Its address or name; absent: it has none. */
  readonly value: string | undefined;
  /** How it stands, as a sentence. */
  readonly words: string;
  /** What a person should do about it. */
  readonly advice: string | undefined;
  readonly command: string | undefined;
}

/** @returns `undefined`: no Service is watched */
export function balancerModel({
  namespace,
  loadBalancer,
  shared,
}: Pick<ClusterState, "loadBalancer" | "namespace" | "shared">): BalancerModel | undefined {
  if (!loadBalancer) return undefined;
  const { kind, service } = loadBalancer;
  const nothing = { value: undefined, advice: undefined, command: undefined };
  const command = `kubectl -n ${namespace} describe service ${service}`;
  switch (kind) {
    case "none":
      return {
        ...nothing,
        mark: "unknown",
        words: `There is no Service “${service}” of the type LoadBalancer in ${namespace}.`,
        advice: "Create it, or take `kubernetes.service` out of the configuration.",
      };
    case "pending":
      return {
        ...nothing,
        mark: "warning",
        words: `The Service “${service}” waits for its address: nothing in the cluster gives it one.`,
        advice:
          "At home that takes MetalLB or another load balancer; without one, the type NodePort will do. DNS does not wait for it.",
        command,
      };
    case "hostname":
      return {
        mark: "warning",
        value: loadBalancer.hostname,
        words: `The cloud gives the Service “${service}” a name, which no record of an address can hold.`,
        advice: `DNS points at ${pointedAt(shared)}, the cluster's way out. Who is to arrive at the load balancer needs another name, with a CNAME or alias of this one.`,
        command: undefined,
      };
    case "address":
      return addressModel(loadBalancer, shared);
  }
}

function addressModel(
  { service, address, isPublic }: Extract<LoadBalancerState, { kind: "address" }>,
  shared: SharedAddressState | undefined,
): BalancerModel {
  const common = { value: address, command: undefined };
  const told = [...(shared?.addresses.values() ?? [])];
  const own = told.filter(({ family }) => family === familyOf(address));
  if (own.some(({ text }) => text === address)) {
    return { ...common, mark: "ok", words: `DNS points at the Service “${service}”.`, advice: undefined };
  }
  if (own.length === 0) {
    const words = `The Service “${service}” has its address; where DNS is to point is not known yet.`;
    return { ...common, mark: "unknown", words, advice: undefined };
  }
  const at = own.map(({ text }) => text).join(", ");
  if (!isPublic) {
    return {
      ...common,
      mark: "warning",
      words: `DNS points at ${at}, and the Internet cannot reach the Service “${service}” at ${address} by itself.`,
      advice: `Forward the ports on your router to ${address}. If that is done, there is nothing to do.`,
    };
  }
  return {
    ...common,
    mark: "warning",
    words: `DNS points at ${at}, and not at the Service “${service}”.`,
    advice: `Where your router forwards the ports, that is right. Where a cloud gave the Service an address of its own, visitors come to the cluster's way out and find nothing: then let what manages names of Services, such as external-dns, publish ${address}.`,
  };
}

function pointedAt(shared: SharedAddressState | undefined): string {
  const all = [...(shared?.addresses.values() ?? [])].map(({ text }) => text);
  return all.length === 0 ? "an address that is not known yet" : all.join(" and ");
}

function familyOf(text: string): 4 | 6 {
  return text.includes(":") ? 6 : 4;
}
