import type { Tree } from "./tree.ts";

const BLOCK = 512;
/** What a name may have without extensions of the format. */
const NAME_MAX = 100;

/**
 * A tar archive (POSIX.1-1988, "ustar") that depends on nothing but the tree and the date: entries by name, numbers for
 * owners.
 */
export function writeTar(tree: Tree, date: Date): Buffer {
  const parts = tree.entries.flatMap(([path, entry]): readonly Buffer[] => {
    const name = path.slice(1);
    if (entry.kind === "link") return [header({ name, type: "2", mode: 0o777, target: entry.target, date })];
    if (entry.kind === "folder") {
      return [header({ name: `${name}/`, type: "5", mode: entry.mode, owner: entry.owner, date })];
    }
    const { content, mode } = entry;
    return [header({ name, type: "0", mode, size: content.length, date }), content, padding(content.length)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

interface Header {
  readonly name: string;
  readonly type: "0" | "2" | "5";
  readonly mode: number;
  readonly date: Date;
  readonly owner?: number;
  readonly size?: number;
  readonly target?: string;
}

function header({ name, type, mode, date, owner = 0, size = 0, target = "" }: Header): Buffer {
  for (const text of [name, target]) {
    if (Buffer.byteLength(text) > NAME_MAX) {
      throw new RangeError(`Cannot put "${text}" into a tar archive: expected ${NAME_MAX} bytes at most`);
    }
  }
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(owner, 8), 108);
  block.write(octal(owner, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(Math.floor(date.getTime() / 1000), 12), 136);
  block.write(" ".repeat(8), 148);
  block.write(type, 156);
  block.write(target, 157);
  block.write("ustar\x0000", 257, "latin1");
  // The sum counts its own field as blanks
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)} `, 148);
  return block;
}

/** With the NUL that ends it. */
function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}
