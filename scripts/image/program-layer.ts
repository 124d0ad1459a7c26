import { readFileSync } from "node:fs";
import path from "node:path";
import type { Bundle } from "./bundle.ts";
import { PROGRAM, SBOM } from "./settings.ts";
import { Tree } from "./tree.ts";

const ROOT = path.dirname(path.dirname(import.meta.dirname));

/** esddns itself: all that changes from one version to the next. */
export function programLayer({ files }: Bundle, sbom: string): Tree {
  const tree = new Tree();
  const folder = path.dirname(PROGRAM);
  for (const [name, content] of files) tree.file(`${folder}/${name}`, content);
  // For `docker exec`: there is no env(1), which would look for Node.js
  const program = readFileText(files, path.basename(PROGRAM)).replace(/^#!.*\n/, "#!/usr/bin/node\n");
  tree.file(PROGRAM, program, 0o755);
  tree.link("/usr/bin/esddns", path.relative("/usr/bin", PROGRAM));
  tree.file("/usr/share/doc/esddns/LICENSE", readFileSync(path.join(ROOT, "LICENSE")));
  tree.file(SBOM, sbom);
  return tree;
}

function readFileText(files: Bundle["files"], name: string): string {
  const content = files.get(name);
  if (!content) throw new Error(`Cannot find ${name} in what scripts/build.ts has made`);
  return content.toString("latin1");
}
