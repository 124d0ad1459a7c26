import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Scratch } from "../scratch.ts";
import { Cluster } from "./cluster.ts";
import { installDefinitions } from "./kustomize.ts";
import { noCluster } from "./programs.ts";
import { ShellScripts } from "./shell-script.ts";

const SETUP = "argocd/bootstrap/argocd-setup.sh";
const TOKEN = "a-token-that-nobody-may-see";

describe.skipIf(noCluster())("argocd-setup.sh", () => {
  const scratch = new Scratch();
  let cluster: Cluster;
  let scripts: ShellScripts;
  beforeAll(async () => {
    cluster = await Cluster.start({ parts: ["controllers"] });
    scripts = new ShellScripts(scratch, cluster);
  });
  afterAll(async () => {
    scratch[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });

  const env = { DOMAIN: "example.net", GANDI_API_KEY: TOKEN };
  const application = (path: string, environment: string) =>
    cluster.field(path, `application/esddns-${environment}`, "-n", "argocd");

  it("says how Argo CD is installed where there is none", async () => {
    const { status, stderr } = await scripts.run(SETUP, ["both"], { env });
    expect(stderr).toContain("Error: The cluster has no Argo CD\n");
    expect(stderr).toMatch(
      /kubectl apply --server-side --namespace=argocd --filename=https:\S+\/v3\.\d+\.\d+\//,
    );
    expect(status).toBe(2);
    await installDefinitions(cluster, "argo-cd");
    await cluster.kubectl("create", "namespace", "argocd");
  });

  it("says which token is missing", async () => {
    const { status, stderr } = await scripts.run(SETUP, ["dev"], { env: { DOMAIN: "example.net" } });
    expect(stderr).toContain("namespace esddns-dev has no Secret esddns-provider");
    expect(status).toBe(2);
  });

  it("hands both environments over, and tells the one that is synced by hand", async () => {
    const said = await scripts.runWell(SETUP, ["both", "--no-wait"], { env });
    expect(said).toContain("esddns-prod is synced by hand: argocd app sync esddns-prod");
    for (const [environment, namespace, record] of [
      ["dev", "esddns-dev", "dev"],
      ["prod", "esddns", "home"],
    ] as const) {
      const global = await application("{.spec.source.helm.valuesObject.global}", environment);
      expect(JSON.parse(global)).toEqual({ domain: "example.net", recordName: record });
      const value = await cluster.field("{.data.api-key}", "secret/esddns-provider", "-n", namespace);
      expect(Buffer.from(value, "base64").toString()).toBe(TOKEN);
      const labels = await cluster.field("{.metadata.labels}", `namespace/${namespace}`);
      expect(labels).toContain('"pod-security.kubernetes.io/enforce":"restricted"');
    }
    expect(scripts.hasShown(TOKEN)).toBe(false);
  });

  it("changes nothing when it runs again", async () => {
    const generations = async () => [
      await application("{.metadata.generation}", "dev"),
      await application("{.metadata.generation}", "prod"),
    ];
    const before = await generations();
    await scripts.runWell(SETUP, ["both", "--no-wait"], { env: { DOMAIN: "example.net" } });
    expect(await generations()).toEqual(before);
  });

  it("puts the overlay in the place of the chart, and a fork in that of the repository", async () => {
    const words = [
      "prod",
      "--kustomize",
      "--repo",
      "https://git.example.net/own/esddns.git",
      "--revision",
      "v9.9.9",
    ];
    await scripts.runWell(SETUP, words, { env: { DOMAIN: "example.net", RECORD_NAME: "@" } });
    const source = JSON.parse(await application("{.spec.source}", "prod"));
    expect(source).toMatchObject({
      path: "k8s/overlays/production",
      repoURL: "https://git.example.net/own/esddns.git",
      targetRevision: "v9.9.9",
    });
    expect(source).not.toHaveProperty("helm");
    expect(JSON.stringify(source.kustomize.patches)).toContain(String.raw`- name: \"example.net\"`);
    const repositories = await cluster.field("{.spec.sourceRepos}", "appproject/esddns-prod", "-n", "argocd");
    expect(repositories).toBe('["https://git.example.net/own/esddns.git"]');
  });

  it("waits for development, and says when it is not there", async () => {
    const { status, stderr } = await scripts.run(SETUP, ["dev", "--timeout", "1s"], { env });
    expect(stderr).toContain("esddns-dev was not synced and healthy within 1s");
    expect(status).toBe(4);
    const arrived = JSON.stringify({ status: { sync: { status: "Synced" }, health: { status: "Healthy" } } });
    await cluster.kubectl("patch", "application/esddns-dev", "-n", "argocd", "--type=merge", "-p", arrived);
    await scripts.runWell(SETUP, ["dev", "--timeout", "10s"], { env });
  });
});
