import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Architecture, ARCHITECTURES } from "./architecture.ts";
import { readElf } from "./elf.ts";

export interface Library {
  /** Where it is in Debian, absolute. */
  readonly path: string;
  readonly content: Buffer;
}

/**
 * The libraries that a program asks for, those that they ask for, and what loads them all.
 *
 * @param root what Debian's packages bring, unpacked
 * @throws when a library is missing there or is for another machine
 */
export function librariesOf(program: Buffer, architecture: Architecture, root: string): readonly Library[] {
  const found = new Map<string, Library>();
  const waiting = [...asks(program, architecture, "Node.js")];
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (found.has(name)) continue;
    const library = findLibrary(name, architecture, root);
    found.set(name, library);
    waiting.push(...asks(library.content, architecture, name));
  }
  return [...found.values()];
}

function asks(bytes: Buffer, architecture: Architecture, name: string): readonly string[] {
  const elf = readElf(bytes);
  const { machine } = ARCHITECTURES[architecture];
  if (elf?.machine === machine) return elf.needed;
  throw new Error(
    `Cannot use ${name}: it is for the ELF machine ${elf?.machine}, expected ${machine} (${architecture})`,
  );
}

/** Under the name that is asked for, which in Debian may be a link to the file. */
function findLibrary(name: string, architecture: Architecture, root: string): Library {
  const { triplet } = ARCHITECTURES[architecture];
  const places = [`/lib/${triplet}/${name}`, `/usr/lib/${triplet}/${name}`];
  const place = places.find((one) => existsSync(path.join(root, one)));
  if (place) return { path: place, content: readFileSync(path.join(root, place)) };
  throw new Error(
    `Cannot find ${name}: the packages in scripts/image/debian-lock.ts have no ${places.join(", no ")}`,
  );
}
