import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { buildImage } from "../../scripts/image/build.ts";
import { Scratch } from "../scratch.ts";
import { DockerBuild } from "./docker-build.ts";
import { cannotBuild } from "./requirements.ts";
import { factsOf, Unpacked } from "./unpacked.ts";

const root = path.dirname(path.dirname(import.meta.dirname));
const CREATED = "org.opencontainers.image.created";

describe.skipIf(cannotBuild())("the Dockerfile", () => {
  it("makes an image with the same files, the same settings and the same words about it", async () => {
    using built = new DockerBuild();
    using scratch = new Scratch();
    using image = new Unpacked((await buildImage({ folder: scratch.folder })).archive);
    const { [CREATED]: created = "", ...labels } = image.configuration.config.Labels;
    const revision = labels["org.opencontainers.image.revision"] ?? "";
    await built.run({ revision, date: String(Date.parse(created) / 1000) });
    expect(filesOf(built.root)).toEqual(filesOf(image.root));
    const { Labels, ...config } = built.configuration.config;
    expect(config).toEqual({ ...image.configuration.config, Labels: undefined });
    // The commit's date is a number of seconds there, and Dockerfiles cannot count
    expect(Labels).toMatchObject(labels);
  });

  it("takes nothing from the checkout but what it needs", () => {
    const ignored = readFileSync(path.join(root, ".dockerignore"), "utf8").split("\n");
    expect(ignored).toContain("*");
    expect(ignored).not.toContain("!node_modules");
  });
});

/** Facts and contents of everything in a folder. */
function filesOf(folder: string) {
  const files = [...factsOf(folder)].map(([name, facts]) => {
    const content = facts.kind === "file" ? readFileSync(path.join(folder, name)) : "";
    return [name, { ...facts, hash: createHash("sha256").update(content).digest("hex") }] as const;
  });
  return Object.fromEntries(files);
}
