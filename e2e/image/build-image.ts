import { copyFileSync } from "node:fs";
import path from "node:path";
import type { TestProject } from "vitest/node";
import type { Architecture } from "../../scripts/image/architecture.ts";
import { buildImage } from "../../scripts/image/build.ts";
import type { MadeImage } from "../../scripts/image/made.ts";
import { Scratch } from "../scratch.ts";
import { cannotBuild } from "./requirements.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The images of what is checked out, where they can be built. */
    readonly images: { readonly amd64: MadeImage; readonly arm64: MadeImage } | undefined;
  }
}

/**
 * Both, once for all test files: compressing them for the first time takes a minute and a core each. The tests get
 * copies: whoever makes the images of other files meanwhile does not disturb them.
 */
export default async function buildImages(project: TestProject): Promise<() => void> {
  const scratch = new Scratch();
  const end = () => scratch[Symbol.dispose]();
  if (cannotBuild()) {
    project.provide("images", undefined);
    return end;
  }
  const built = async (architecture: Architecture): Promise<MadeImage> => {
    const image = await buildImage({ architecture });
    const copy = (file: string) => {
      copyFileSync(file, scratch.at(path.basename(file)));
      return scratch.at(path.basename(file));
    };
    return { ...image, archive: copy(image.archive), sbom: copy(image.sbom) };
  };
  const [amd64, arm64] = await Promise.all([built("amd64"), built("arm64")]);
  project.provide("images", { amd64, arm64 });
  return end;
}
