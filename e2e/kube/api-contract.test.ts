import { afterAll, beforeAll, describe } from "vitest";
import { kubeApiContract } from "#testing/kube-api-contract.ts";
import { type OpenedApi, openApi } from "./api-client.ts";
import { Cluster } from "./cluster.ts";
import { noCluster } from "./programs.ts";

describe.skipIf(noCluster())("what the fake stands for", () => {
  let cluster: Cluster;
  let api: OpenedApi;

  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [] });
    api = await openApi(cluster.kubeconfig);
  });
  afterAll(async () => {
    api[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });

  kubeApiContract("kube-apiserver", async () => ({
    client: api.client,
    namespace: "default",
    remove: async (...object) => void (await cluster.kubectl("delete", ...object)),
  }));
});
