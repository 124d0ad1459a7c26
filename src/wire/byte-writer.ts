/** Builds a message from front to back, network byte order. Values that do not fit are bugs and throw. */
export class ByteWriter {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  /** @throws {RangeError} when the value does not fit, like every number written */
  uint8(value: number): this {
    return this.#number(value, 1);
  }

  uint16(value: number): this {
    return this.#number(value, 2);
  }

  uint32(value: number): this {
    return this.#number(value, 4);
  }

  uint48(value: number): this {
    return this.#number(value, 6);
  }

  bytes(bytes: Uint8Array): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  /** Overwrites two bytes written before, for lengths known only at the end. */
  setUint16(offset: number, value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff || offset + 2 > this.length) {
      throw new RangeError(`Cannot write ${value} as 2 bytes at ${offset}`);
    }
    this.#bytes[offset] = value >> 8;
    this.#bytes[offset + 1] = value & 0xff;
    return this;
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #number(value: number, width: number): this {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** width) {
      throw new RangeError(`Cannot write ${value} as ${width} bytes`);
    }
    for (let shift = width - 1; shift >= 0; shift -= 1)
      this.#bytes.push(Math.floor(value / 256 ** shift) % 256);
    return this;
  }
}
