/**
 * As much of ELF (64 bits, little-endian) as the image needs: what a program is for, which libraries it asks for, and
 * where the part ends that is loaded. Read from the file, and not asked of `ldd`, which runs it: it may be for another
 * machine.
 *
 * @see elf(5)
 */
export interface Elf {
  /** `e_machine`: 62 is x86-64, 183 is AArch64. */
  readonly machine: number;
  /** What starts it: `PT_INTERP`. */
  readonly interpreter: string | undefined;
  /** The libraries that it asks for: `DT_NEEDED`, in their order. */
  readonly needed: readonly string[];
  /** Everything that is loaded lies before this offset. */
  readonly end: number;
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NULL = 0;
const DT_NEEDED = 1;
const DT_STRTAB = 5;

/** @returns `undefined` when it is no ELF file of 64 bits, little-endian */
export function readElf(bytes: Buffer): Elf | undefined {
  if (bytes.length < 64 || bytes.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") return undefined;
  const segments = readSegments(bytes);
  const interpreter = segments.find(({ type }) => type === PT_INTERP);
  return {
    machine: bytes.readUInt16LE(18),
    interpreter: interpreter && text(bytes, interpreter.offset),
    needed: readNeeded(bytes, segments),
    end: Math.max(...segments.map(({ offset, size }) => offset + size)),
  };
}

/**
 * The same program without its symbols and notes for debuggers, which lie behind everything that is loaded, and
 * without the table of sections, which only tools read. Names that add-ons and stack traces need are loaded and stay.
 */
export function withoutSymbols(bytes: Buffer): Buffer {
  const elf = readElf(bytes);
  if (!elf) throw new TypeError("Cannot take the symbols out of this file: it is no ELF file");
  const small = Buffer.from(bytes.subarray(0, elf.end));
  small.writeBigUInt64LE(0n, 40); // e_shoff
  small.fill(0, 58, 64); // e_shentsize, e_shnum, e_shstrndx
  return small;
}

function readSegments(bytes: Buffer): readonly Segment[] {
  const start = number(bytes, 32);
  const entrySize = bytes.readUInt16LE(54);
  return Array.from({ length: bytes.readUInt16LE(56) }, (_, index) => {
    const at = start + index * entrySize;
    return {
      type: bytes.readUInt32LE(at),
      offset: number(bytes, at + 8),
      address: number(bytes, at + 16),
      size: number(bytes, at + 32),
    };
  });
}

function readNeeded(bytes: Buffer, segments: readonly Segment[]): readonly string[] {
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (!dynamic) return [];
  const names: number[] = [];
  let table = 0;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const tag = number(bytes, at);
    if (tag === DT_NULL) break;
    if (tag === DT_NEEDED) names.push(number(bytes, at + 8));
    if (tag === DT_STRTAB) table = offsetOf(number(bytes, at + 8), segments);
  }
  return names.map((name) => text(bytes, table + name));
}

/** Where in the file the thing lies that is loaded at this address. */
function offsetOf(address: number, segments: readonly Segment[]): number {
  const segment = segments.find(
    (one) => one.type === PT_LOAD && address >= one.address && address < one.address + one.size,
  );
  if (!segment) throw new RangeError(`Cannot find address ${address}: it is in no segment of the file`);
  return address - segment.address + segment.offset;
}

function number(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

function text(bytes: Buffer, at: number): string {
  return bytes.toString("latin1", at, bytes.indexOf(0, at));
}
