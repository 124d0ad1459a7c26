import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { atExit } from "./at-exit.ts";

/** A folder of a test's own, removed when it is disposed, or else when the process ends. */
export class Scratch implements Disposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), "esddns-e2e-"));
  readonly #remove = () => rmSync(this.folder, { recursive: true, force: true });
  readonly #forget = atExit(this.#remove);

  at(...names: readonly string[]): string {
    return path.join(this.folder, ...names);
  }

  /** @returns the file's full path */
  write(name: string, text: string | Uint8Array, mode = 0o600): string {
    const file = this.at(name);
    writeFileSync(file, text, { mode });
    return file;
  }

  remove(name: string): void {
    rmSync(this.at(name));
  }

  [Symbol.dispose](): void {
    this.#forget();
    this.#remove();
  }
}
