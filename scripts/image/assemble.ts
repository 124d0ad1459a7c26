import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Architecture } from "./architecture.ts";
import { Buildah } from "./buildah.ts";
import { SETTINGS } from "./settings.ts";
import { writeTar } from "./tar.ts";
import type { Tree } from "./tree.ts";

export interface Assembly {
  readonly architecture: Architecture;
  readonly system: Tree;
  readonly program: Tree;
  readonly date: Date;
  readonly labels: Readonly<Record<string, string>>;
}

/** What buildah makes of it: the image's configuration, and its layers as tar archives, lowest first. */
export interface Assembled {
  readonly configuration: z.infer<typeof configuration>;
  readonly layers: readonly Buffer[];
}

/** Of an image's configuration what is read here; the rest is passed on. */
const configuration = z.looseObject({
  config: z.looseObject({}),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
});

const manifest = z.object({
  config: z.object({ digest: z.string() }),
  layers: z.array(z.object({ digest: z.string() })),
});

/** The layer that stays the same has the same date always, or each commit would make it anew. */
const EPOCH = new Date(0);

export function assemble(assembly: Assembly): Assembled {
  using buildah = new Buildah();
  const { architecture, system, program, date } = assembly;
  const base = buildah.run("from", "--arch", architecture, "scratch");
  buildah.run("config", "--os", "linux", "--arch", architecture, base);
  addLayer(buildah, base, system, EPOCH, "system");
  const top = buildah.run("from", "--arch", architecture, "--pull-never", "system");
  buildah.run("config", ...configurationWords(assembly), top);
  addLayer(buildah, top, program, date, "image");
  // Layers as they are: they are compressed later
  buildah.run("push", "--quiet", "--disable-compression", "image", `dir:${buildah.at("image")}`);
  return readImage(buildah.at("image"));
}

function addLayer(buildah: Buildah, container: string, tree: Tree, date: Date, name: string): void {
  const archive = buildah.write(`${name}.tar`, writeTar(tree, date));
  buildah.run("add", "--quiet", container, archive, "/");
  const time = String(date.getTime() / 1000);
  // Neither who built it nor how: the same bytes everywhere
  const plain = ["--identity-label=false", "--omit-history"];
  buildah.run("commit", "--quiet", "--rm", "--timestamp", time, ...plain, container, name);
}

function configurationWords({ labels }: Assembly): readonly string[] {
  const { user, folder, entrypoint, command, environment } = SETTINGS;
  const options: readonly (readonly [string, string])[] = [
    ["--user", user],
    ["--workingdir", folder],
    ["--entrypoint", JSON.stringify(entrypoint)],
    ["--cmd", command.join(" ")],
    ...Object.entries(environment).map(([name, value]) => ["--env", `${name}=${value}`] as const),
    ...Object.entries(labels).map(([name, value]) => ["--label", `${name}=${value}`] as const),
  ];
  return options.flat();
}

/** The `dir:` form: a manifest, and everything that it names in a file called by its SHA-256. */
function readImage(folder: string): Assembled {
  const read = (name: string) => readFileSync(path.join(folder, name.replace("sha256:", "")));
  const { config, layers } = manifest.parse(JSON.parse(read("manifest.json").toString()));
  return {
    configuration: configuration.parse(JSON.parse(read(config.digest).toString())),
    layers: layers.map(({ digest }) => read(digest)),
  };
}
