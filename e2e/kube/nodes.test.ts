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
    const isReady = async (node: string) =>
      nodes.field('{.status.conditions[?(@.type=="Ready")].status}', "node", node);
    const untilReady = (node: string, status: string) =>
      until(`${node} to be ${status}`, async () => (await isReady(node)) === status, 60_000);
    await nodes.partition("node-1", "api");
    await nodes.freeze("node-2", true);
    await untilReady("node-1", "Unknown");
    await untilReady("node-2", "Unknown");
    await nodes.partition("node-1", "off");
    await nodes.freeze("node-2", false);
    await untilReady("node-1", "True");
    await untilReady("node-2", "True");
    await nodes.kill("node-2");
    await untilReady("node-2", "Unknown");
    await nodes.restart("node-2");
    await untilReady("node-2", "True");
  });
});
