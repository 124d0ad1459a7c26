import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What is at a path of the image. Everything is root's where no owner is given. */
export type Entry =
  | { readonly kind: "folder"; readonly mode: number; readonly owner: number }
  | { readonly kind: "file"; readonly mode: number; readonly content: Buffer }
  | { readonly kind: "link"; readonly target: string };

/**
 * The files of an image, or of a layer of it, as data: nobody's umask, clock or account has a say in it, and no root
 * is needed to say what belongs to whom. Paths are absolute.
 */
export class Tree {
  readonly #entries = new Map<string, Entry>();

  file(name: string, content: Buffer | string, mode = 0o644): this {
    return this.#set(name, { kind: "file", mode, content: Buffer.from(content) });
  }

  folder(name: string, { mode = 0o755, owner = 0 } = {}): this {
    return this.#set(name, { kind: "folder", mode, owner });
  }

  link(name: string, target: string): this {
    return this.#set(name, { kind: "link", target });
  }

  /** By path, so that a folder comes before what is in it. */
  get entries(): readonly (readonly [name: string, Entry])[] {
    return [...this.#entries].toSorted(([one], [other]) => (one < other ? -1 : 1));
  }

  content(name: string): Buffer | undefined {
    const entry = this.#entries.get(name);
    return entry?.kind === "file" ? entry.content : undefined;
  }

  /** Into a folder that is empty or not there yet, belonging to whoever writes it. */
  write(folder: string): void {
    mkdirSync(folder, { recursive: true });
    for (const [name, entry] of this.entries) {
      const target = path.join(folder, name);
      if (entry.kind === "link") symlinkSync(entry.target, target);
      else if (entry.kind === "folder") mkdirSync(target, { recursive: true });
      else writeFileSync(target, entry.content);
      if (entry.kind !== "link") chmodSync(target, entry.mode);
    }
  }

  #set(name: string, entry: Entry): this {
    const parent = path.dirname(name);
    if (parent !== "/" && !this.#entries.has(parent)) this.folder(parent);
    this.#entries.set(name, entry);
    return this;
  }
}
