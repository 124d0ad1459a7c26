import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { readValues } from "../../scripts/generate/chart/values.ts";
import { run, runWell } from "../child.ts";
import { Scratch } from "../scratch.ts";
import { CHART } from "./helm-template.ts";
import { ROOT } from "./kustomize.ts";
import { kubeProgram, noCluster } from "./programs.ts";

const REPOSITORY = "https://github.com/esddns/esddns";

function read(...names: readonly string[]): string {
  return readFileSync(path.join(...names), "utf8");
}

/** A text that is YAML itself, as Artifact Hub's annotations are. */
const yamlOf = <T>(schema: z.ZodType<T>) => z.string().transform((text) => schema.parse(parse(text)));
const links = z.array(z.strictObject({ name: z.string(), url: z.url() }));

/** https://artifacthub.io/docs/topics/annotations/helm/, 2026-11-30. */
const annotations = z.strictObject({
  "artifacthub.io/category": z.enum([
    "ai-machine-learning",
    "database",
    "integration-delivery",
    "monitoring-logging",
    "networking",
    "security",
    "storage",
    "streaming-messaging",
    "skip-prediction",
  ]),
  "artifacthub.io/license": z.literal("Apache-2.0"),
  "artifacthub.io/operator": z.enum(["true", "false"]),
  "artifacthub.io/operatorCapabilities": z.enum([
    "Basic Install",
    "Seamless Upgrades",
    "Full Lifecycle",
    "Deep Insights",
    "Auto Pilot",
  ]),
  "artifacthub.io/prerelease": z.enum(["true", "false"]),
  "artifacthub.io/images": yamlOf(
    z.array(z.strictObject({ name: z.string(), image: z.string(), platforms: z.array(z.string()) })),
  ),
  "artifacthub.io/links": yamlOf(links),
  "artifacthub.io/screenshots": yamlOf(z.array(z.strictObject({ title: z.string(), url: z.url() }))),
  "artifacthub.io/recommendations": yamlOf(z.array(z.strictObject({ url: z.url() }))),
  "artifacthub.io/changes": yamlOf(
    z.array(
      z.strictObject({
        kind: z.enum(["added", "changed", "deprecated", "removed", "fixed", "security"]),
        description: z.string(),
      }),
    ),
  ),
});

const chartFile = z.strictObject({
  apiVersion: z.literal("v2"),
  name: z.literal("esddns-operator"),
  description: z.string(),
  type: z.literal("application"),
  version: z.string(),
  appVersion: z.string(),
  kubeVersion: z.string(),
  home: z.literal(REPOSITORY),
  icon: z.url(),
  sources: z.array(z.literal(REPOSITORY)),
  keywords: z.array(z.string()),
  maintainers: z.array(z.strictObject({ name: z.literal("esddns"), url: z.url() })),
  annotations,
});

/** https://artifacthub.io/docs/topics/repositories/, 2026-11-30. */
const repositoryFile = z.strictObject({
  repositoryID: z.uuid().optional(),
  owners: z.array(z.strictObject({ name: z.string(), email: z.email() })).optional(),
  ignore: z.array(z.strictObject({ name: z.string(), version: z.string().optional() })).optional(),
});

describe("the chart's own account of itself", () => {
  const chart = chartFile.parse(parse(read(CHART, "Chart.yaml")));
  const about = chart.annotations;

  it("names the program's version, and the image of it", () => {
    const { version } = z.looseObject({ version: z.string() }).parse(JSON.parse(read(ROOT, "package.json")));
    expect(chart.appVersion).toBe(version);
    const [image] = about["artifacthub.io/images"];
    expect(image?.image).toBe(`ghcr.io/esddns/esddns:${version}`);
  });

  it("has its version's changes in the changelog, each of them", () => {
    const [, section = ""] = read(CHART, "CHANGELOG.md").split(`## [${chart.version}]`);
    for (const { description } of about["artifacthub.io/changes"])
      expect(section.replaceAll(/\s+/g, " ")).toContain(description);
  });

  it("points at files that there are", () => {
    const others = [...about["artifacthub.io/links"], ...about["artifacthub.io/screenshots"]];
    const urls = [chart.icon, ...others.map(({ url }) => url)];
    const files = urls.map((url) =>
      url.replace(/^https:\/\/(?:raw\.githubusercontent|github)\.com\/esddns\/esddns\/(?:blob\/)?main\//, ""),
    );
    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it("has a file for Artifact Hub with no field that it does not know", () => {
    expect(repositoryFile.parse(parse(read(ROOT, "helm/artifacthub-repo.yml"))).ignore).toHaveLength(1);
  });

  it("comes with the project's licence", () => {
    expect(read(CHART, "LICENSE")).toBe(read(ROOT, "LICENSE"));
  });

  it("has no value that no template reads", () => {
    const folder = path.join(CHART, "templates");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const texts = files.filter((name) => path.extname(name) !== "").map((name) => read(folder, name));
    const all = texts.join("\n");
    // Whole, or below a key that a template has taken out
    const isRead = (path: readonly string[]) =>
      path.some((_key, index) => {
        const [above, below] = [path.slice(0, index + 1), path.slice(index + 1)];
        return all.includes(`.Values.${above.join(".")}`) && below.every((key) => all.includes(`.${key}`));
      });
    const unread = readValues(read(CHART, "values.yaml")).filter(({ path }) => !isRead(path));
    expect(unread.map(({ path }) => path.join("."))).toEqual(["enabled"]);
  });

  it("keeps its templates' own files out of what Helm renders", () => {
    const files = readdirSync(path.join(CHART, "templates"));
    expect(files.filter((name) => !/^(?:_[a-z]+\.tpl|[a-z-]+\.yaml|NOTES\.txt|tests)$/.test(name))).toEqual(
      [],
    );
  });
});

describe.skipIf(noCluster())("the chart's package", () => {
  it("holds what is needed and nothing else, and renders", async () => {
    using scratch = new Scratch();
    await runWell([kubeProgram("helm"), "package", CHART, "--destination", scratch.folder]);
    const [archive = ""] = readdirSync(scratch.folder);
    const listing = await runWell(["tar", "--list", "--file", scratch.at(archive)]);
    const top = listing.split("\n").map((name) => name.replace(/^esddns-operator\//, "").split("/")[0] ?? "");
    expect([...new Set(top)].filter((name) => name !== "").toSorted()).toEqual([
      ".helmignore",
      "CHANGELOG.md",
      "Chart.yaml",
      "LICENSE",
      "README.md",
      "files",
      "templates",
      "values-development.yaml",
      "values-production.yaml",
      "values.schema.json",
      "values.yaml",
    ]);
    const words = ["--set", "gandi.apiKey=x", "--set", "global.domain=example.org"];
    expect(await run([kubeProgram("helm"), "template", "x", scratch.at(archive), ...words])).toMatchObject({
      status: 0,
      stderr: "",
    });
  });
});
