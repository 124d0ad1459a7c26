import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

const DAY_MS = 24 * 60 * 60 * 1000;
/** What nobody asked for in so long belongs to versions that are gone. */
const KEPT_DAYS = 60;

/**
 * What was downloaded or computed once, by a name that says what it is, for all checkouts of a user. Whoever gets
 * something out of it compares its hash: the folder is no more to be trusted than the network.
 */
export class Cache {
  readonly #folder: string;

  constructor(
    folder = path.join(process.env["XDG_CACHE_HOME"] || path.join(homedir(), ".cache"), "esddns-image"),
  ) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#forgetOld();
  }

  get(name: string): Buffer | undefined {
    const file = path.join(this.#folder, name);
    try {
      const content = readFileSync(file);
      utimesSync(file, new Date(), new Date());
      return content;
    } catch {
      return undefined;
    }
  }

  /** As a whole or not at all: others may be reading. */
  put(name: string, content: Buffer): void {
    const file = path.join(this.#folder, name);
    writeFileSync(`${file}.${process.pid}`, content);
    renameSync(`${file}.${process.pid}`, file);
  }

  #forgetOld(): void {
    for (const name of readdirSync(this.#folder)) {
      const file = path.join(this.#folder, name);
      const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > KEPT_DAYS * DAY_MS) rmSync(file, { force: true, recursive: true });
    }
  }
}
