import { WireError } from "#core/errors.ts";

/**
 * Reads a message from front to back, network byte order. A short read throws and names the field;
 * it never yields fewer bytes than asked for.
 */
export class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = start;
    this.#end = end;
  }

  /** From the start of the bytes that the cursor was made of. */
  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** @throws {WireError} at the end, like every read */
  uint8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  uint16(field: string): number {
    return this.#view.getUint16(this.#take(2, field));
  }

  uint32(field: string): number {
    return this.#view.getUint32(this.#take(4, field));
  }

  /** 48 bits, as TSIG counts time (RFC 8945 section 4.2). */
  uint48(field: string): number {
    const at = this.#take(6, field);
    return this.#view.getUint16(at) * 2 ** 32 + this.#view.getUint32(at + 2);
  }

  /** A copy of the next bytes. */
  bytes(length: number, field: string): Uint8Array {
    const at = this.#take(length, field);
    return this.#bytes.slice(at, at + length);
  }

  skip(length: number, field: string): void {
    this.#take(length, field);
  }

  #take(length: number, field: string): number {
    if (length > this.remaining) {
      throw new WireError(field, this.#offset, `${this.remaining} bytes remain, expected ${length}`);
    }
    const at = this.#offset;
    this.#offset += length;
    return at;
  }
}
