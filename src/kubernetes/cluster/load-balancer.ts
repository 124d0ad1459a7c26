import { parseAddress } from "#core/address.ts";
import { unpublishableReason } from "#core/publishable.ts";
import { isFields, isKubernetesObject, type KubernetesObject } from "#kubernetes/api/object.ts";
import type { Resource } from "#kubernetes/api/resource.ts";
import type { LoadBalancerState } from "#state/cluster.ts";

/** What we look at of a Service. */
export interface Service extends KubernetesObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

export const SERVICES: Resource<Service> = {
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  is: isKubernetesObject,
};

/** MetalLB and most clouds give an address, EKS a host name (v1 LoadBalancerIngress). */
export function loadBalancerOf(name: string, service: Service | undefined): LoadBalancerState {
  const spec = isFields(service?.spec) ? service.spec : {};
  if (spec["type"] !== "LoadBalancer") return { kind: "none", service: name };
  const { ip, hostname } = firstIngress(service?.status);
  if (typeof ip === "string") return { kind: "address", service: name, address: ip, isPublic: isPublic(ip) };
  if (typeof hostname === "string") return { kind: "hostname", service: name, hostname };
  return { kind: "pending", service: name };
}

function firstIngress(status: unknown): Readonly<Record<string, unknown>> {
  const balancer = isFields(status) && isFields(status["loadBalancer"]) ? status["loadBalancer"] : {};
  const ingress: unknown = Array.isArray(balancer["ingress"]) ? balancer["ingress"][0] : undefined;
  return isFields(ingress) ? ingress : {};
}

function isPublic(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && unpublishableReason(address) === undefined;
}
