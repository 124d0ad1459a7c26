import { mkdirSync, mkdtempDisposableSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Architecture } from "./architecture.ts";
import { runProgram } from "./program.ts";

/**
 * Debian's own client, with the machine's sources and keys, for any architecture: what it knows and downloads goes into
 * a folder of its own, and the machine, its lists and its hooks are left alone. Whether a package is Debian's is for
 * its signatures to say. No root is needed.
 */
export class Apt implements Disposable {
  readonly #scratch = mkdtempDisposableSync(path.join(tmpdir(), "esddns-apt-"));
  readonly #architecture: Architecture;
  #isUpToDate = false;

  constructor(architecture: Architecture) {
    this.#architecture = architecture;
    for (const folder of ["lists/partial", "cache/archives/partial", "got"]) {
      mkdirSync(path.join(this.#scratch.path, folder), { recursive: true });
    }
    writeFileSync(path.join(this.#scratch.path, "status"), "");
    writeFileSync(path.join(this.#scratch.path, "apt.conf"), this.#configuration());
  }

  /** Newest first; none: there is no such package. */
  versions(name: string): readonly string[] {
    this.#update();
    const lines = this.#run("apt-cache", "madison", name).toString().split("\n");
    return [...new Set(lines.flatMap((line) => line.split("|")[1]?.trim() ?? []))];
  }

  download(name: string, version: string): Buffer {
    this.#update();
    this.#run("apt-get", "download", `${name}=${version}`);
    const [file] = readdirSync(this.#got).filter((one) => one.startsWith(`${name}_`));
    if (!file) throw new Error(`Cannot find ${name} ${version}: apt-get has downloaded nothing`);
    return readFileSync(path.join(this.#got, file));
  }

  [Symbol.dispose](): void {
    this.#scratch.remove();
  }

  get #got(): string {
    return path.join(this.#scratch.path, "got");
  }

  #update(): void {
    if (this.#isUpToDate) return;
    this.#run("apt-get", "update");
    this.#isUpToDate = true;
  }

  #run(command: string, ...words: readonly string[]): Buffer {
    const hint = "is Debian's archive reachable, and do apt's sources name it for this architecture?";
    const options = ["-q", "-c", path.join(this.#scratch.path, "apt.conf")];
    return runProgram(command, [...options, ...words], { cwd: this.#got, hint });
  }

  #configuration(): string {
    const { path: folder } = this.#scratch;
    return `
Dir::State "${folder}";
Dir::State::status "${folder}/status";
Dir::Cache "${folder}/cache";
Dir::Cache::pkgcache "packages.bin";
Dir::Cache::srcpkgcache "sources.bin";
#clear APT::Architectures;
APT::Architecture "${this.#architecture}";
APT::Architectures { "${this.#architecture}"; };
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`;
  }
}
