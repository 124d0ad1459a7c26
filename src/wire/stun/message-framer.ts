import { WireError } from "#core/errors.ts";
import { Cursor } from "#wire/cursor.ts";
import { HEADER_SIZE, readHeader } from "#wire/stun/header.ts";

/** Far beyond any Binding answer; a peer that announces more is not a STUN server. */
const MAX_MESSAGE_SIZE = 4096;

/**
 * Cuts a byte stream into messages: on TCP and TLS the length field is the only frame (RFC 8489 section 6.2.2).
 * Pieces may end anywhere, and one piece may hold several messages. Never buffers more than one message of the
 * greatest size and the rest of the last piece.
 */
export class MessageFramer {
  readonly #maxSize: number;
  #pending = new Uint8Array();

  /** @param maxSize of a message, in bytes, header included */
  constructor(maxSize = MAX_MESSAGE_SIZE) {
    this.#maxSize = maxSize;
  }

  /**
   * @returns the messages that the piece completes, undecoded, in their order
   * @throws {WireError} when what comes is not STUN, or longer than allowed: the stream is lost from there
   */
  push(piece: Uint8Array): readonly Uint8Array[] {
    const stream = concatenate(this.#pending, piece);
    const messages: Uint8Array[] = [];
    let start = 0;
    for (;;) {
      const size = this.#sizeOfMessage(stream.subarray(start));
      if (size === undefined || stream.length - start < size) break;
      messages.push(stream.slice(start, start + size));
      start += size;
    }
    this.#pending = stream.slice(start);
    return messages;
  }

  /** Whether a message has begun and not ended. */
  get isPartial(): boolean {
    return this.#pending.length > 0;
  }

  #sizeOfMessage(bytes: Uint8Array): number | undefined {
    if (bytes.length < HEADER_SIZE) return undefined;
    const size = HEADER_SIZE + readHeader(new Cursor(bytes)).length;
    if (size <= this.#maxSize) return size;
    throw new WireError(
      "message length",
      2,
      `the message has ${size} bytes, expected at most ${this.#maxSize}`,
    );
  }
}

function concatenate(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}
