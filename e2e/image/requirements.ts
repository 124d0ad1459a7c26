import { inject } from "vitest";
import type { Architecture } from "../../scripts/image/architecture.ts";
import type { MadeImage } from "../../scripts/image/made.ts";
import { missing, notRoot } from "../require-peer.ts";

/** Why no image can be made or unpacked here, or `false`. */
export function cannotBuild(): false | string {
  return missing("buildah", "runc") || notRoot();
}

export function builtImage(architecture: Architecture): MadeImage {
  const image = inject("images")?.[architecture];
  if (!image) throw new Error(`Cannot find the image for ${architecture}: it was not built`);
  return image;
}
