import type { TestProject } from "vitest/node";
import { buildImage } from "../../scripts/image/build.ts";
import type { MadeImage } from "../../scripts/image/made.ts";
import { cannotBuild } from "./requirements.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The images of what is checked out, where they can be built. */
    readonly images: { readonly amd64: MadeImage; readonly arm64: MadeImage } | undefined;
  }
}

/** Both, once for all test files: compressing them for the first time takes a minute and a core each. */
export default async function buildImages(project: TestProject): Promise<void> {
  if (cannotBuild()) return project.provide("images", undefined);
  const [amd64, arm64] = await Promise.all([
    buildImage({ architecture: "amd64" }),
    buildImage({ architecture: "arm64" }),
  ]);
  project.provide("images", { amd64, arm64 });
}
