import type { Architecture } from "./architecture.ts";
import type { Bundle } from "./bundle.ts";
import type { Cache } from "./cache.ts";
import type { Commit } from "./commit.ts";
import { fetchPackages } from "./debian.ts";
import { fetchNode } from "./node-program.ts";
import { VERSION } from "./package-lock.ts";
import { programLayer } from "./program-layer.ts";
import { billOfMaterials } from "./sbom.ts";
import { systemLayer } from "./system-layer.ts";
import type { Tree } from "./tree.ts";

export interface ContentsOptions {
  readonly architecture: Architecture;
  readonly commit: Commit;
  readonly bundle: Bundle;
  readonly cache: Cache;
  /** Fails where a package of the lock is gone from Debian's archive, in place of taking a newer one. */
  readonly isStrict?: boolean | undefined;
  readonly say?: ((line: string) => void) | undefined;
}

/** All files of an image, in two layers. */
export interface Contents {
  readonly system: Tree;
  readonly program: Tree;
  /** CycloneDX; it is in `program`, too. */
  readonly sbom: string;
  /** `false`: a package was not to be had in the version of the lock. */
  readonly isLocked: boolean;
}

export function imageContents(options: ContentsOptions): Contents {
  const { architecture, commit, bundle, cache, isStrict = false, say = console.error } = options;
  const node = fetchNode(architecture, cache);
  const debian = fetchPackages(architecture, { cache, isStrict, say });
  const about = { version: VERSION, commit, architecture };
  const sbom = billOfMaterials({ ...about, node, debian, libraries: bundle.packages });
  return {
    system: systemLayer(architecture, node, debian),
    program: programLayer(bundle, sbom),
    sbom,
    isLocked: debian.every((one) => one.isLocked),
  };
}
