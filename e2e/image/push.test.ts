import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runWell } from "../child.ts";
import { blocksOf } from "../kube/guide.ts";
import { Scratch } from "../scratch.ts";
import { builtImage, cannotBuild } from "./requirements.ts";

const GUIDE = "docs/install/docker.md";

const descriptors = z.object({
  manifests: z.array(
    z.object({ digest: z.string(), platform: z.object({ architecture: z.string() }).optional() }),
  ),
});

describe.skipIf(cannotBuild())("the guide's way to a registry", () => {
  it("makes one image of both architectures, with the digests that they have on the disk", async () => {
    using scratch = new Scratch();
    mkdirSync(scratch.at("build"));
    symlinkSync(path.dirname(builtImage("amd64").archive), scratch.at("build/image"));
    const block = blocksOf(GUIDE).find(({ text }) => text.includes("manifest push"))?.text ?? "";
    // A folder in place of a registry, and a storage of the test's own
    const storage = `buildah --root ${scratch.at("storage")} --runroot ${scratch.at("run")} --storage-driver vfs`;
    const commands = block
      .replaceAll(/\bbuildah\b/g, storage)
      .replace(/docker:\/\/\S+/, `oci:${scratch.at("pushed")}:latest`);
    await runWell(["sh", "-ec", commands], { cwd: scratch.folder });
    const read = (name: string) =>
      descriptors.parse(JSON.parse(readFileSync(scratch.at("pushed", name), "utf8"))).manifests;
    const [{ digest } = { digest: "" }] = read("index.json");
    const pushed = read(`blobs/${digest.replace(":", "/")}`);
    expect(pushed.map((one) => [one.platform?.architecture, one.digest])).toEqual([
      ["amd64", builtImage("amd64").digest],
      ["arm64", builtImage("arm64").digest],
    ]);
  });
});
