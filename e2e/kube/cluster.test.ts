import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { runWell } from "../child.ts";
import { missing, peerPath } from "../require-peer.ts";
import { until } from "../until.ts";
import { Cluster } from "./cluster.ts";
import { noCluster, tool } from "./programs.ts";

describe.skipIf(noCluster())("a cluster of a test's own", () => {
  it("runs pods, restarts its API server, tells what was asked, and leaves nothing", async () => {
    await using cluster = await Cluster.start({ nodes: 2, audit: true });
    const { folder } = cluster;
    await cluster.apply(
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "agent", namespace: "default" } },
      daemonSet("agent"),
    );
    await cluster.kubectl("rollout", "status", "daemonset/agent", "--timeout=60s");
    await cluster.addNode("site-b", { site: "b", ExternalIP: "203.0.113.9" });
    const phases = ["pods", "-l", "app=agent"];
    await cluster.untilField("{.items[*].status.phase}", phases, (all) => all === "Running Running Running");
    const [pod = ""] = (await cluster.field("{.items[0].metadata.name}", ...phases)).split(" ");
    const kubeconfig = await cluster.saKubeconfig("default", "agent", pod);
    const asAgent = ["kubectl", "--kubeconfig", kubeconfig, "get", "secrets"];
    expect(await cluster.run(asAgent)).toMatchObject({ status: 1 });
    await cluster.killApi();
    expect(await cluster.run(asAgent)).toMatchObject({ status: 1 });
    await cluster.startApi();
    const refused = (await cluster.audit("system:serviceaccount:default:agent")).filter(({ uri }) =>
      uri.includes("secrets"),
    );
    expect(refused).toMatchObject([{ count: 1, verb: "list", code: 403 }]);
    await cluster[Symbol.asyncDispose]();
    expect(readdirSync(tmpdir()).filter((name) => folder.endsWith(name))).toEqual([]);
  });

  it("has neighbours that know nothing of each other", async () => {
    const starting = [Cluster.start({ parts: [] }), Cluster.start({ parts: [] })] as const;
    await using a = await starting[0];
    await using b = await starting[1];
    await a.kubectl("create", "namespace", "ddns");
    expect(await b.field("{.metadata.name}", "namespace", "ddns")).toBe("");
    expect(a.server.port).not.toBe(b.server.port);
  });

  it("goes when the process that owns it is gone", async () => {
    const script = [
      `const { Cluster } = await import(${JSON.stringify(new URL("cluster.ts", import.meta.url).href)});`,
      "const cluster = await Cluster.start({ parts: [] });",
      "console.log(cluster.folder);",
      "process.kill(process.pid, 'SIGKILL');",
    ];
    const folder = await runWell([
      "/bin/sh",
      "-c",
      `"$0" "$@" || true`,
      process.execPath,
      "-e",
      script.join("\n"),
    ]);
    await until(
      "the cluster to go",
      () => !readdirSync(tmpdir()).some((name) => folder.trim().endsWith(name)),
    );
  });
});

describe.skipIf(missing("shellcheck"))("the tools", () => {
  it.each(["build.sh", "build-nodes.sh", "cluster.sh", "nodes.sh", "metallb.sh"])(
    "%s is sound",
    async (name) => {
      await runWell([peerPath("shellcheck"), tool(name)]);
    },
  );
});

function daemonSet(name: string) {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name, namespace: "default" },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { serviceAccountName: name, containers: [{ name, image: "none" }] },
      },
    },
  };
}
