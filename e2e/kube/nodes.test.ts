import { describe, expect, it } from "vitest";
import { buildHome, noHome } from "../netlab/home.ts";
import { until } from "../until.ts";
import { Nodes } from "./nodes.ts";
import { noNodes } from "./programs.ts";

describe.skipIf(noNodes() || noHome("dig"))("nodes of a test's own", () => {
  it("are behind the router of a home, and can be cut off, frozen and powered off", async () => {
    using home = buildHome();
    await using nodes = await Nodes.start({ count: 2, home });
    const dig = await nodes.on("node-1", ["dig", "+short", "stun1.netlab.test", "@10.96.0.10"]);
    expect(dig.stdout.trim()).toBe(home.servers[0]);
    await nodes.partition("node-1", "api");
    await nodes.freeze("node-2", true);
    await nodes.untilReady("node-1", "Unknown");
    await nodes.untilReady("node-2", "Unknown");
    await nodes.partition("node-1", "off");
    await nodes.freeze("node-2", false);
    await nodes.untilReady("node-1", "True");
    await nodes.untilReady("node-2", "True");
    await nodes.kill("node-2");
    await nodes.untilReady("node-2", "Unknown");
    await nodes.restart("node-2");
    await nodes.untilReady("node-2", "True");
  });

  it("give a Service of type LoadBalancer an address of the LAN", async () => {
    using home = buildHome();
    await using nodes = await Nodes.start({ count: 1, home });
    await nodes.announceLoadBalancers();
    // CoreDNS answers over TCP: a pod that is there
    await nodes.apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "balanced", namespace: "kube-system" },
      spec: { type: "LoadBalancer", selector: { "k8s-app": "kube-dns" }, ports: [{ port: 53 }] },
    });
    const where = ["service", "balanced", "-n", "kube-system"];
    const address = await nodes.untilField("{.status.loadBalancer.ingress[0].ip}", where, (ip) => ip !== "");
    const ask = ["dig", "+tcp", "+short", "+time=1", "stun1.netlab.test", `@${address}`];
    await until("it to answer on the LAN", async () => {
      const { stdout } = await nodes.on("lan", ask);
      return stdout.trim() === home.servers[0];
    });
  });
});
