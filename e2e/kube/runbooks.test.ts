import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocksOf } from "./guide.ts";
import { MINIMAL, render } from "./chart-rendering.ts";
import { Cluster } from "./cluster.ts";
import { restrictedNamespace } from "./kustomize.ts";
import { noCluster } from "./programs.ts";

const NAMESPACE = "esddns-system";
const [whichNames = "", whichPod = ""] = blocksOf("docs/runbooks/README.md").map(({ text }) => text);

describe.skipIf(noCluster())("the runbooks' commands", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [] });
    const releases = ["esddns-operator", "office"].map((name) =>
      render(MINIMAL, { name, namespace: NAMESPACE }),
    );
    const leases = (await Promise.all(releases)).flat().filter(({ kind }) => kind === "Lease");
    await cluster.apply(restrictedNamespace(NAMESPACE), ...leases);
    const spec = JSON.stringify({ spec: { holderIdentity: "esddns-operator-x7k2p_0a1b2c3d4e" } });
    await cluster.kubectl("patch", "lease", "esddns-leader", "-n", NAMESPACE, "-p", spec);
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it("say which names there are", async () => {
    const { stdout } = await cluster.run(["bash", "-ec", whichNames]);
    expect(stdout).toMatch(/^esddns-system +esddns-leader +esddns-operator-x7k2p_/m);
    expect(stdout).toMatch(/^esddns-system +office-esddns-operator-leader /m);
  });

  it("find the leader's pod", async () => {
    const { stdout } = await cluster.run(["bash", "-ec", `${whichPod}\necho "$POD"`]);
    expect(stdout).toBe("esddns-operator-x7k2p\n");
  });
});
