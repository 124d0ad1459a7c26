import { afterEach, describe, expect, it } from "vitest";
import { loadBalancerOf, type Service } from "#kubernetes/cluster/load-balancer.ts";
import { ClusterWorld, SECOND } from "#testing/cluster-world.ts";
import { OBJECTS } from "#testing/cluster-world/node.ts";

const NAME = "esddns";
const SERVICES = `v1/${OBJECTS.namespace}/services`;

function service(type: string, ingress?: unknown): Service {
  return { metadata: { name: NAME }, spec: { type }, status: { loadBalancer: { ingress } } };
}

describe("the load balancer of a Service", () => {
  it.each([
    ["that is not there", undefined, { kind: "none" }],
    ["of another type", service("ClusterIP", [{ ip: SECOND }]), { kind: "none" }],
    ["that has got nothing yet", service("LoadBalancer"), { kind: "pending" }],
    ["that has an empty list", service("LoadBalancer", []), { kind: "pending" }],
    ["without a status", { metadata: { name: NAME }, spec: { type: "LoadBalancer" } }, { kind: "pending" }],
    [
      "at a public address",
      service("LoadBalancer", [{ ip: SECOND }]),
      { kind: "address", address: SECOND, isPublic: true },
    ],
    [
      "inside",
      service("LoadBalancer", [{ ip: "192.168.77.200" }]),
      { kind: "address", address: "192.168.77.200", isPublic: false },
    ],
    [
      "at EKS",
      service("LoadBalancer", [{ hostname: "a1.elb.eu-west-1.amazonaws.com" }]),
      { kind: "hostname", hostname: "a1.elb.eu-west-1.amazonaws.com" },
    ],
  ])("%s", (_where, seen, state) => {
    expect(loadBalancerOf(NAME, seen)).toEqual({ service: NAME, ...state });
  });
});

describe("a cluster that is told its Service", () => {
  let world: ClusterWorld;
  afterEach(() => world.close());

  it("tells every node what the leader sees of it, and that only the leader asks", async () => {
    world = new ClusterWorld({ service: NAME }).start();
    await world.settle();
    const states = () => world.nodes.map(({ engine }) => engine.state().loadBalancer);
    expect(states()).toEqual(world.nodes.map(() => ({ kind: "none", service: NAME })));
    for (const ip of ["192.168.77.200", "192.168.77.201"]) {
      world.api.objects.put(SERVICES, OBJECTS.namespace, NAME, {
        spec: { type: "LoadBalancer" },
        status: { loadBalancer: { ingress: [{ ip }] } },
      });
      await world.advance(2);
      const state = { kind: "address", service: NAME, address: ip, isPublic: false };
      expect(states()).toEqual(world.nodes.map(() => state));
    }
    const watches = world.api.requests.filter(
      ({ plural, verb }) => plural === "services" && verb === "watch",
    );
    expect(watches).toHaveLength(1);
  });
});
