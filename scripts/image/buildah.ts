import { mkdtempDisposableSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runProgram } from "./program.ts";

/**
 * buildah with a storage of its own, which goes away with it. The driver is the one that works everywhere; for two
 * layers it is fast enough.
 */
export class Buildah implements Disposable {
  readonly #scratch = mkdtempDisposableSync(path.join(tmpdir(), "esddns-buildah-"));

  run(command: string, ...words: readonly string[]): string {
    const storage = ["--root", this.at("storage"), "--runroot", this.at("run"), "--storage-driver", "vfs"];
    const hint = "expected buildah 1.28 or newer: apt-get install buildah";
    return runProgram("buildah", [...storage, command, ...words], { hint })
      .toString()
      .trim();
  }

  /** A place beside the storage. */
  at(name: string): string {
    return path.join(this.#scratch.path, name);
  }

  /** @returns the file's full path */
  write(name: string, content: Buffer): string {
    writeFileSync(this.at(name), content);
    return this.at(name);
  }

  [Symbol.dispose](): void {
    // Without root, what is in it belongs to accounts that only exist in there
    if (process.getuid?.() !== 0) runProgram("buildah", ["unshare", "rm", "-rf", this.at("storage")]);
    rmSync(this.#scratch.path, { recursive: true, force: true });
  }
}
