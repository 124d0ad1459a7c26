import { kubeApiContract, type ServedApi } from "#testing/kube-api-contract.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";

kubeApiContract("the fake API server", async () => {
  const clock = new ManualClock();
  const api = new KubeApi(clock);
  const client = createKubernetesClient({ transport: api.transport(), clock, purpose: "contract" });
  const groups = { configmaps: "v1", leases: "coordination.k8s.io/v1" };
  const remove: ServedApi["remove"] = (plural, name) => {
    api.objects.delete(`${groups[plural]}/esddns/${plural}`, name);
    return Promise.resolve();
  };
  return { client, namespace: "esddns", remove };
});
