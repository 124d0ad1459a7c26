import { ByteWriter } from "#wire/byte-writer.ts";

/** A message on a stream has its length before it (RFC 1035 section 4.2.2). */
export function frameMessage(message: Uint8Array): Uint8Array {
  return new ByteWriter().uint16(message.length).bytes(message).toBytes();
}

/** Cuts a stream, however it was delivered, into messages. */
export class FrameReader {
  #bytes = new Uint8Array();

  push(piece: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + piece.length);
    joined.set(this.#bytes);
    joined.set(piece, this.#bytes.length);
    this.#bytes = joined;
  }

  /** The next whole message, or `undefined` until more was pushed. */
  next(): Uint8Array | undefined {
    const [high, low] = this.#bytes;
    if (high === undefined || low === undefined) return undefined;
    const end = 2 + high * 256 + low;
    if (this.#bytes.length < end) return undefined;
    const message = this.#bytes.slice(2, end);
    this.#bytes = this.#bytes.slice(end);
    return message;
  }
}
