import { TransportError } from "#core/errors.ts";

const LINE_END = 0x0a;

/** @throws {TransportError} (rejects) code `too-large` */
export async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    pieces.push(piece);
  }
  return decode(pieces);
}

/**
 * The lines of a watch, a JSON document each. What has no line end was cut off and is no line.
 *
 * @param maxBytes of one line
 * @throws {TransportError} (rejects) codes `too-large`, `truncated`
 */
export async function* readLines(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    let from = 0;
    for (let end = piece.indexOf(LINE_END); end !== -1; end = piece.indexOf(LINE_END, from)) {
      if (size + end - from > maxBytes) throw tooLarge(maxBytes);
      yield decode([...pieces, piece.subarray(from, end)]);
      [pieces, size, from] = [[], 0, end + 1];
    }
    if (from === piece.length) continue;
    // A copy: the network's buffer may be large, and is used again
    pieces.push(piece.slice(from));
    size += piece.length - from;
    if (size > maxBytes) throw tooLarge(maxBytes);
  }
  if (size > 0) throw failure("truncated", "it ended within a line");
}

function decode(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString("utf8");
}

function tooLarge(maxBytes: number): TransportError {
  return failure("too-large", `it has more than ${maxBytes} bytes`);
}

function failure(code: string, is: string): TransportError {
  return new TransportError(`Cannot read the answer of the API server: ${is}`, {
    code,
    peer: "API server",
    phase: "sent",
  });
}
