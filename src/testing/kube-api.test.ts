import { kubeApiContract } from "#testing/kube-api-contract.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";

kubeApiContract("the fake API server", async () => {
  const clock = new ManualClock();
  const transport = new KubeApi(clock).transport();
  return { client: createKubernetesClient({ transport, clock, purpose: "contract" }), namespace: "esddns" };
});
