import type { ByteWriter } from "#wire/byte-writer.ts";
import type { Cursor } from "#wire/cursor.ts";

/** One option of an OPT record (RFC 6891 section 6.1.2), kept as bytes. */
export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

export function writeOptions(writer: ByteWriter, options: readonly EdnsOption[]): void {
  for (const { code, data } of options) writer.uint16(code).uint16(data.length).bytes(data);
}

export function readOptions(cursor: Cursor): readonly EdnsOption[] {
  const options: EdnsOption[] = [];
  while (cursor.remaining > 0) {
    const code = cursor.uint16("OPTION-CODE");
    options.push({ code, data: cursor.bytes(cursor.uint16("OPTION-LENGTH"), "OPTION-DATA") });
  }
  return options;
}
