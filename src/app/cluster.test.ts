import { describe, expect, it } from "vitest";
import { findCluster } from "#app/cluster.ts";
import { MemoryFiles } from "#testing/memory-files.ts";

const IN_POD = { KUBERNETES_SERVICE_HOST: "10.0.0.1", POD_NAMESPACE: "home", POD_NAME: "esddns-x" };

describe("where a pod is", () => {
  it("is its node and its name", async () => {
    const place = await findCluster({ ...IN_POD, NODE_NAME: "node-1" }, new MemoryFiles());
    expect(place).toMatchObject({ node: "node-1", pod: "esddns-x", access: { namespace: "home" } });
  });

  it.each([{}, { NODE_NAME: "" }])("is not known with %o", async (env) => {
    await expect(findCluster({ ...IN_POD, ...env }, new MemoryFiles())).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringContaining("NODE_NAME is not set"),
      hint: expect.stringContaining("spec.nodeName"),
    });
  });
});
