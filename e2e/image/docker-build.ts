import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { runWell } from "../child.ts";
import { peerPath } from "../require-peer.ts";
import { Scratch } from "../scratch.ts";
import { configuration, type Configuration } from "./unpacked.ts";

const root = path.dirname(path.dirname(import.meta.dirname));
const CONTEXT = [
  "Dockerfile",
  ".dockerignore",
  "package.json",
  "package-lock.json",
  "LICENSE",
  "tsconfig.json",
];

/**
 * The Dockerfile, built by buildah. What it cannot have here is the image that it begins with, which is in a registry: a
 * stand-in of the same name has this machine's own Debian, with Node.js, npm and apt.
 */
export class DockerBuild implements Disposable {
  readonly #scratch = new Scratch();
  /** Where its files are. */
  readonly root = this.#scratch.at("root");
  #configuration: Configuration | undefined;

  /** Takes the files as they are now. */
  constructor() {
    for (const name of [...CONTEXT, "scripts", "src"]) {
      cpSync(path.join(root, name), this.#scratch.at("context", name), { recursive: true });
    }
  }

  async run(commit: { readonly revision: string; readonly date: string }): Promise<void> {
    await this.#makeStandIn();
    await this.#build(commit);
    await this.#unpack();
  }

  get configuration(): Configuration {
    if (!this.#configuration) throw new Error("The Dockerfile is not built yet");
    return this.#configuration;
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }

  async #makeStandIn(): Promise<void> {
    const dockerfile = readFileSync(path.join(root, "Dockerfile"), "utf8");
    const name = /^FROM .*?(\S+) AS files$/m.exec(dockerfile)?.[1] ?? "";
    for (const folder of ["usr", "etc", "var", "tmp", "root"]) {
      mkdirSync(this.#scratch.at("debian", folder), { recursive: true });
    }
    for (const folder of ["bin", "lib", "lib64", "sbin"]) {
      symlinkSync(`usr/${folder}`, this.#scratch.at("debian", folder));
    }
    const container = (await this.#buildah("from", "scratch")).trim();
    await this.#buildah("copy", "--quiet", container, this.#scratch.at("debian"), "/");
    await this.#buildah("commit", "--quiet", "--rm", container, name);
  }

  async #build({ revision, date }: { readonly revision: string; readonly date: string }): Promise<void> {
    const known = ["--build-arg", `REVISION=${revision}`, "--build-arg", `SOURCE_DATE_EPOCH=${date}`];
    // Docker's own form, which has health checks
    const how = ["--isolation", "chroot", "--network", "host", "--pull-never", "--format", "docker"];
    await this.#buildah("bud", ...how, ...lent(), ...known, "--tag", "built", this.#scratch.at("context"));
  }

  async #unpack(): Promise<void> {
    const layout = this.#scratch.at("layout");
    for (const folder of [layout, this.root]) mkdirSync(folder);
    await this.#buildah("push", "--quiet", "built", `docker-archive:${this.#scratch.at("built.tar")}`);
    await runWell(["tar", "-xf", this.#scratch.at("built.tar"), "-C", layout]);
    const read = (name: string): unknown => JSON.parse(readFileSync(path.join(layout, name), "utf8"));
    const manifest = z.tuple([z.object({ Config: z.string(), Layers: z.array(z.string()) })]);
    const [{ Config, Layers }] = manifest.parse(read("manifest.json"));
    this.#configuration = configuration.parse(read(Config));
    for (const layer of Layers) {
      await runWell(["tar", "--numeric-owner", "-xpf", path.join(layout, layer), "-C", this.root]);
    }
  }

  #buildah(command: string, ...words: readonly string[]): Promise<string> {
    const storage = ["--root", this.#scratch.at("storage"), "--runroot", this.#scratch.at("run")];
    return runWell([peerPath("buildah"), ...storage, "--storage-driver", "vfs", command, ...words]);
  }
}

/** What the stand-in has of this machine: programs and their settings, and what was downloaded already. */
function lent(): readonly string[] {
  const read = ["/usr", "/etc/apt", "/etc/ssl", "/etc/alternatives"].map((name) => `${name}:${name}:ro`);
  const home = [".npmrc", ".npm", ".cache/esddns-image"].map((name) => [
    path.join(homedir(), name),
    `/root/${name}`,
  ]);
  const own = home.filter(([name = ""]) => existsSync(name)).map((pair) => pair.join(":"));
  return [...read, ...own].flatMap((volume) => ["--volume", volume]);
}
