import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { Scratch } from "../scratch.ts";

export const configuration = z.object({
  created: z.string(),
  architecture: z.string(),
  os: z.string(),
  config: z.object({
    User: z.string(),
    Env: z.array(z.string()),
    Entrypoint: z.array(z.string()),
    Cmd: z.array(z.string()),
    WorkingDir: z.string(),
    Labels: z.record(z.string(), z.string()),
    Healthcheck: z.record(z.string(), z.unknown()),
  }),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
});
export type Configuration = z.infer<typeof configuration>;

const descriptor = z.object({ mediaType: z.string(), digest: z.string(), size: z.number() });
const manifest = z.object({
  config: descriptor,
  layers: z.array(descriptor),
  annotations: z.record(z.string(), z.string()),
});
const index = z.object({
  manifests: z.array(descriptor.extend({ annotations: z.record(z.string(), z.string()) })),
});

export interface FileFacts {
  readonly kind: "file" | "folder" | "link";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly target?: string;
}

/** An image's archive taken apart as a container runtime does it: files with their owners, and the configuration. */
export class Unpacked implements Disposable {
  readonly #scratch = new Scratch();
  readonly layout = this.#scratch.at("layout");
  readonly root = this.#scratch.at("root");
  readonly index: z.infer<typeof index>;
  readonly manifest: z.infer<typeof manifest>;
  readonly configuration: Configuration;

  constructor(archive: string) {
    for (const folder of [this.layout, this.root]) mkdirSync(folder);
    execFileSync("tar", ["-xf", archive, "-C", this.layout]);
    this.index = index.parse(this.#json("index.json"));
    this.manifest = manifest.parse(this.#json(this.blob(this.index.manifests[0]?.digest)));
    this.configuration = configuration.parse(this.#json(this.blob(this.manifest.config.digest)));
    for (const { digest } of this.manifest.layers) {
      const words = ["--zstd", "--numeric-owner", "-xpf", path.join(this.layout, this.blob(digest))];
      execFileSync("tar", [...words, "-C", this.root]);
    }
  }

  /** Where in the layout it is. */
  blob(digest = ""): string {
    return `blobs/${digest.replace(":", "/")}`;
  }

  /** Everything in it, by its path. */
  facts(): ReadonlyMap<string, FileFacts> {
    return factsOf(this.root);
  }

  read(name: string): Buffer {
    return readFileSync(path.join(this.root, name));
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }

  #json(name: string): unknown {
    return JSON.parse(readFileSync(path.join(this.layout, name), "utf8"));
  }
}

/** Links are not followed: where they lead, another machine may be. */
export function factsOf(root: string, folder = "/"): ReadonlyMap<string, FileFacts> {
  const names = readdirSync(path.join(root, folder)).toSorted();
  return new Map(
    names.flatMap((base) => {
      const name = path.join(folder, base);
      const facts = factsAbout(path.join(root, name));
      const below = facts.kind === "folder" ? factsOf(root, name) : [];
      return [[name, facts] as const, ...below];
    }),
  );
}

function factsAbout(file: string): FileFacts {
  const status = lstatSync(file);
  const { uid, gid, size } = status;
  const common = { mode: status.mode & 0o7777, uid, gid };
  if (status.isSymbolicLink()) return { kind: "link", ...common, size: 0, target: readlinkSync(file) };
  return status.isDirectory() ? { kind: "folder", ...common, size: 0 } : { kind: "file", ...common, size };
}
