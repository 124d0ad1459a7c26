import { WireError } from "#core/errors.ts";
import type { ByteWriter } from "#wire/byte-writer.ts";
import { Cursor } from "#wire/cursor.ts";

/** RFC 1035 section 2.3.4, in bytes; the name counts its length bytes and the root. */
const MAX_LABEL = 63;
const MAX_NAME = 255;

/** The root of the tree: the owner of OPT, and of messages about nothing in particular. */
export const ROOT = "";

/**
 * Names are text without a trailing dot, case kept as it was on the wire; the root is `""`. Bytes other than
 * printable ASCII are written `\DDD`, a dot or backslash within a label `\.` and `\\` (RFC 1035 section 5.1).
 */
export function writeName(writer: ByteWriter, name: string): void {
  const labels = parseLabels(name);
  const length = labels.reduce((sum, label) => sum + label.length + 1, 1);
  if (length > MAX_NAME) throw new RangeError(`Cannot write a name of ${length} bytes, at most ${MAX_NAME}`);
  for (const label of labels) {
    if (label.length === 0 || label.length > MAX_LABEL)
      throw new RangeError(`Cannot write a label of ${label.length} bytes, expected 1 to ${MAX_LABEL}`);
    writer.uint8(label.length).bytes(Uint8Array.from(label));
  }
  writer.uint8(0);
}

/**
 * Reads a name and follows its compression pointers (RFC 1035 section 4.1.4). A pointer has to point before
 * everything that was read of this name, so that no message can make it run in circles.
 *
 * @param message the whole message, where pointers point into
 */
export function readName(cursor: Cursor, message: Uint8Array, field: string): string {
  const labels: string[] = [];
  let [here, lowest, length] = [cursor, cursor.offset, 1];
  for (;;) {
    const at = here.offset;
    const size = here.uint8(field);
    if (size === 0) return labels.join(".");
    if (size >= 0xc0) {
      const target = ((size & 0x3f) << 8) | here.uint8(field);
      if (target >= lowest)
        throw new WireError(field, at, `a pointer to ${target}, expected below ${lowest}`);
      lowest = target;
      here = new Cursor(message, target);
      continue;
    }
    if (size > MAX_LABEL) throw new WireError(field, at, `a label type of ${size >> 6}, expected 0 or 3`);
    length += size + 1;
    if (length > MAX_NAME) throw new WireError(field, at, `a name beyond ${MAX_NAME} bytes`);
    labels.push(formatLabel(here.bytes(size, field)));
  }
}

/** Names are the same whatever the case of their ASCII letters (RFC 4343). */
export function sameName(a: string, b: string): boolean {
  return lowerCaseName(a) === lowerCaseName(b);
}

/** The form that is compared, and that is signed (RFC 4034 section 6.2). */
export function lowerCaseName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Bytes that are written as they are, and no others: nearly all labels there are. */
const PLAIN_LABEL = /^[\x21-\x2d\x2f-\x5b\x5d-\x7e]*$/;

function formatLabel(bytes: Uint8Array): string {
  const text = String.fromCodePoint(...bytes);
  return PLAIN_LABEL.test(text) ? text : [...bytes].map(formatByte).join("");
}

function formatByte(byte: number): string {
  const character = String.fromCodePoint(byte);
  if (character === "." || character === "\\") return `\\${character}`;
  return byte > 0x20 && byte < 0x7f ? character : `\\${String(byte).padStart(3, "0")}`;
}

function parseLabels(name: string): readonly number[][] {
  if (name === ROOT) return [];
  let label: number[] = [];
  const labels = [label];
  let end = 0;
  for (const [token, decimal, escaped] of name.matchAll(/\\(\d{3})|\\(\D)|[^\\]/gs)) {
    end += token.length;
    if (token === ".") {
      label = [];
      labels.push(label);
    } else {
      label.push(parseByte(decimal, escaped ?? token));
    }
  }
  if (end !== name.length) throw new RangeError(`Cannot write the name "${name}": an unfinished escape`);
  return labels;
}

function parseByte(decimal: string | undefined, character: string): number {
  const byte = decimal === undefined ? (character.codePointAt(0) ?? 256) : Number(decimal);
  if (byte > (decimal === undefined ? 0x7f : 0xff))
    throw new RangeError(`Cannot write "${decimal ?? character}" as one byte of a name`);
  return byte;
}
