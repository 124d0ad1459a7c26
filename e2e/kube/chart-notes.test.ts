import { describe, expect, it } from "vitest";
import { runWell } from "../child.ts";
import { MINIMAL, WITH_GANDI, WITH_RECORD } from "./chart-rendering.ts";
import { CHART } from "./helm-template.ts";
import { kubeProgram, noCluster } from "./programs.ts";

const SHOWN = ["--set", "dashboard.existingSecret.name=esddns-dashboard"];
const set = (text: string): readonly string[] => ["--set", text];

/** What somebody reads after the installation. */
async function notes(...words: readonly string[]): Promise<string> {
  const argv = [kubeProgram("helm"), "install", "esddns-operator", CHART, "--namespace", "dns"];
  const output = await runWell([...argv, "--dry-run=client", ...words]);
  return output.slice(output.indexOf("NOTES:"));
}

describe.skipIf(noCluster())("what is said after an installation", () => {
  it("names the records, and where to look", async () => {
    const text = await notes(...MINIMAL, ...set("global.recordName=home,global.recordTypes={A,AAAA}"));
    expect(text).toContain("home.example.org A, AAAA");
    expect(text).toContain("kubectl -n dns rollout status daemonset/esddns-operator --timeout=2m\n");
    expect(text).toContain("kubectl -n dns describe configmap esddns-wan-ip\n");
    expect(text).toContain("kubectl -n dns port-forward daemonset/esddns-operator 51339\n");
    expect(text).not.toContain("WARNING");
  });

  it("leads to the logs where each node is on its own, and nothing is shared", async () => {
    const text = await notes(...WITH_GANDI, "--set-json", 'recordPerNode="{node}.example.org"');
    expect(text).toContain("logs -l app.kubernetes.io/instance=esddns-operator --prefix\n");
    expect(text).not.toContain("esddns-wan-ip");
  });

  it("says how the dashboard is reached, by the type of its Service", async () => {
    const cluster = await notes(...MINIMAL, ...SHOWN);
    expect(cluster).toContain("port-forward service/esddns 51339:80\n");
    const port = await notes(...MINIMAL, ...SHOWN, ...set("service.type=NodePort"));
    expect(port).toMatch(/nodePort\}'\n.*http:\/\/NODE:PORT\//);
    const balancer = await notes(...MINIMAL, ...SHOWN, ...set("service.type=LoadBalancer,service.port=8443"));
    expect(balancer).toMatch(/ingress\[0\]\.ip\}.*\.hostname\}'\n.*http:\/\/ADDRESS:8443\//);
    const ingress = [
      "ingress.enabled=true",
      "ingress.hosts={dns.example.org}",
      "dashboard.proxies={10.0.0.0/8}",
    ];
    expect(await notes(...MINIMAL, ...SHOWN, ...ingress.flatMap(set))).toContain("http://dns.example.org/\n");
  });

  it.each([
    ["a token that is a value", [...WITH_RECORD, ...set("gandi.apiKey=x")], "Better: put it into a Secret"],
    ["everybody may", [...MINIMAL, ...set("dashboard.insecure=true")], "can do everything"],
    ["no TLS", [...MINIMAL, ...SHOWN, ...set("service.type=NodePort")], "the password travels in the clear"],
    ["an unknown name", [...MINIMAL, ...SHOWN, ...set("service.type=NodePort")], "answered 421 until"],
    ["no Role", [...MINIMAL, ...set("rbac.create=false")], "service account esddns-operator needs a Role"],
    ["one pod", [...MINIMAL, ...set("workload=Deployment,replicas=1")], "nobody takes over"],
  ])("warns of %s", async (_what, words, warning) => {
    expect(await notes(...words)).toMatch(new RegExp(`WARNING: [^]*${warning}`));
  });

  it("does not warn of what was seen to", async () => {
    const seen = ["dashboard.tls.existingSecret=esddns-tls", "dashboard.hosts={192.168.1.10}"];
    const text = await notes(
      ...WITH_GANDI,
      ...WITH_RECORD,
      ...SHOWN,
      ...set("service.type=NodePort"),
      ...seen.flatMap(set),
    );
    expect(text).not.toContain("WARNING");
    expect(text).toContain("https://NODE:PORT/");
  });
});
