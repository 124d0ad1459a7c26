import { constants, existsSync, promises } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Files } from "#core/ports.ts";
import { errorCode } from "#platform/transport-failure.ts";

let writes = 0;

/** Far beyond any file that is read; what grows without end must not fill the memory. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Files of this host. What is written is for the owner alone: 0600, in folders of 0700. */
export function createFiles(): Files {
  return { read, write };
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readRegular(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return undefined;
    throw error;
  }
}

/** A directory tells by itself that it is no file; a named pipe or a terminal would keep us waiting for ever. */
async function readRegular(path: string): Promise<Uint8Array> {
  const file = await promises.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await file.stat();
    if (!facts.isFile() && !facts.isDirectory())
      throw new Error(`Cannot read "${path}": it is no regular file`);
    if (facts.size > MAX_BYTES) throw new Error(`Cannot read "${path}": it has more than ${MAX_BYTES} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  await createFolder(folder);
  // in the same folder, because a rename across file systems is no rename
  const draft = join(folder, `.${basename(path)}.${process.pid}.${(writes += 1)}`);
  try {
    await writeThrough(draft, bytes);
    await promises.rename(draft, path);
  } catch (error) {
    await promises.rm(draft, { force: true });
    throw error;
  }
}

/** Not the `recursive` of `mkdir`: Node 24 never comes back from it where nothing can be created, as in /proc. */
async function createFolder(path: string): Promise<void> {
  try {
    await promises.mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = errorCode(error);
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path || existsSync(dirname(path))) throw error;
    await createFolder(dirname(path));
    await createFolder(path);
  }
}

/** Down to the disk: a rename that survives a power cut must not leave an empty file. */
async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  const file = await promises.open(path, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
