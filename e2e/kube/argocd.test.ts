import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { Scratch } from "../scratch.ts";
import { helmTemplate } from "./helm-template.ts";
import { Cluster } from "./cluster.ts";
import { checkConfiguration, chartConfiguration } from "./chart-configuration.ts";
import { build, dryRun, installDefinitions, ROOT, writeOverlay } from "./kustomize.ts";
import { noCluster } from "./programs.ts";
import { nameOf, parseRendered, type Rendered } from "./rendered.ts";

const ARGOCD = path.join(ROOT, "argocd");

const groupKind = z.object({ group: z.string(), kind: z.string(), name: z.string().optional() });
const project = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    sourceRepos: z.array(z.string()),
    destinations: z.array(z.object({ server: z.string(), namespace: z.string() })),
    clusterResourceWhitelist: z.array(groupKind),
    namespaceResourceWhitelist: z.array(groupKind),
  }),
});
const application = z.looseObject({
  metadata: z.looseObject({ name: z.string(), finalizers: z.array(z.string()).optional() }),
  spec: z.looseObject({
    project: z.string(),
    destination: z.object({ server: z.string(), namespace: z.string() }),
    source: z.looseObject({
      repoURL: z.string(),
      targetRevision: z.string(),
      path: z.string(),
      helm: z
        .object({ releaseName: z.string(), valueFiles: z.array(z.string()), valuesObject: z.unknown() })
        .optional(),
      kustomize: z.object({ patches: z.array(z.unknown()) }).optional(),
    }),
    ignoreDifferences: z.array(z.looseObject({ group: z.string(), kind: z.string(), name: z.string() })),
    syncPolicy: z.looseObject({ automated: z.unknown().optional() }),
  }),
});
type Application = z.infer<typeof application>;

function read(file: string): string {
  return readFileSync(path.join(ARGOCD, file), "utf8");
}

const KINDS = ["helm", "kustomize"] as const;

describe.skipIf(noCluster()).each([
  { environment: "dev", preset: "development", namespace: "esddns-dev" },
  { environment: "prod", preset: "production", namespace: "esddns" },
])("Argo CD, $environment", ({ environment, preset, namespace }) => {
  const scratch = new Scratch();
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ parts: ["controllers"] });
    await installDefinitions(cluster, "argo-cd");
    await cluster.kubectl("create", "namespace", "argocd");
  });
  afterAll(async () => {
    scratch[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });

  const theProject = project.parse(parse(read(`${environment}/project.yaml`)));
  const applications = KINDS.map((kind) =>
    application.parse(parse(read(`${environment}/application-${kind}.yaml`))),
  );

  /** What Argo CD would make of it, by the programs that it runs itself. */
  async function render({ spec: { source } }: Application): Promise<readonly Rendered[]> {
    if (source.helm) {
      const { releaseName, valueFiles, valuesObject } = source.helm;
      const files = [
        ...valueFiles.map((file) => path.join(ROOT, source.path, file)),
        scratch.write("values.yaml", stringify(valuesObject)),
      ];
      return helmTemplate(
        releaseName,
        namespace,
        files.flatMap((file) => ["--values", file]),
      );
    }
    const more = stringify({ patches: source.kustomize?.patches });
    return build(writeOverlay(scratch, { over: source.path.replace("k8s/", ""), components: [], more }));
  }

  it.each(["kustomization", ...KINDS])("is what its definitions allow (%s)", async (what) => {
    const objects =
      what === "kustomization"
        ? await build(path.join(ARGOCD, environment))
        : parseRendered(read(`${environment}/application-${what}.yaml`));
    expect(await dryRun(cluster, objects)).toBe("");
  });

  it("is one project and one Application, whose alternative takes its place", async () => {
    const applied = await build(path.join(ARGOCD, environment));
    expect(applied.map(nameOf)).toEqual([
      `AppProject/esddns-${environment}`,
      `Application/esddns-${environment}`,
    ]);
    expect(applications.map(({ metadata }) => metadata.name)).toEqual(
      KINDS.map(() => `esddns-${environment}`),
    );
  });

  it("has the overlay's configuration, to be edited, in the Application by kustomize", async () => {
    const [, byKustomize] = applications;
    const written = byKustomize && chartConfiguration(await render(byKustomize));
    const overlay = readFileSync(path.join(ROOT, "k8s/overlays", preset, "esddns.yaml"), "utf8");
    expect(parse(written ?? "")).toEqual(parse(overlay));
  });

  describe.each(applications.map((one, index) => ({ kind: KINDS[index], one })))("by $kind", ({ one }) => {
    it("comes from where the project allows, to where it allows", () => {
      const { source, destination, project: of } = one.spec;
      expect(of).toBe(theProject.metadata.name);
      expect(theProject.spec.sourceRepos).toEqual([source.repoURL]);
      expect(theProject.spec.destinations).toEqual([destination]);
      expect(destination.namespace).toBe(namespace);
      expect(existsSync(path.join(ROOT, source.path))).toBe(true);
    });

    it("deploys what the project allows, there and nowhere else", async () => {
      const allowed = [
        ...theProject.spec.clusterResourceWhitelist,
        ...theProject.spec.namespaceResourceWhitelist,
      ];
      for (const { apiVersion, kind, metadata } of await render(one)) {
        const group = apiVersion.includes("/") ? apiVersion.replace(/\/.*/, "") : "";
        const found = allowed.find((entry) => entry.group === group && entry.kind === kind);
        expect(found, `${group}/${kind}`).toBeDefined();
        expect(metadata.namespace ?? metadata.name).toBe(namespace);
      }
    });

    it("has a configuration that is fine, for the record that is its own", async () => {
      const text = chartConfiguration(await render(one));
      expect(await checkConfiguration(scratch, text)).toMatch(/^\S+ is fine\n$/);
      expect(text).toContain(environment === "dev" ? "dev.example.org" : "home.example.org");
    });

    it("does not put back what the pods write", async () => {
      const names = (await render(one)).map(nameOf);
      const ignored = one.spec.ignoreDifferences.map(({ kind, name }) => `${kind}/${name}`);
      expect(ignored).toEqual(["ConfigMap/esddns-wan-ip", "ConfigMap/esddns-agents", "Lease/esddns-leader"]);
      for (const name of ignored) expect(names).toContain(name);
    });

    it(environment === "dev" ? "syncs by itself" : "is synced by hand, at a release", () => {
      const { automated } = one.spec.syncPolicy;
      const { targetRevision } = one.spec.source;
      if (environment === "dev") {
        expect(automated).toEqual({ prune: true, selfHeal: true });
        expect(targetRevision).toBe("main");
        return;
      }
      expect(one.spec.syncPolicy).not.toHaveProperty("automated");
      const { version } = z
        .object({ version: z.string() })
        .parse(JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")));
      expect(targetRevision).toBe(`v${version}`);
      // Deleting the Application leaves alone what it deployed
      expect(one.metadata.finalizers).toBeUndefined();
    });

    it(`uses the preset for ${preset}`, () => {
      const { source } = one.spec;
      expect(source.helm ? source.helm.valueFiles : source.path).toEqual(
        source.helm ? [`values-${preset}.yaml`] : `k8s/overlays/${preset}`,
      );
    });
  });
});
