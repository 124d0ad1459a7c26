import type { Files } from "#core/ports.ts";

/** Files that end with the test. `failure` makes every call reject with it, as a full or broken disk would. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, Uint8Array>();
  failure: Error | undefined;

  async read(path: string): Promise<Uint8Array | undefined> {
    if (this.failure) throw this.failure;
    return this.#files.get(path)?.slice();
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    if (this.failure) throw this.failure;
    this.#files.set(path, bytes.slice());
  }

  /** What a test finds in a file; `undefined` when there is none. */
  text(path: string): string | undefined {
    const bytes = this.#files.get(path);
    return bytes && new TextDecoder().decode(bytes);
  }
}
