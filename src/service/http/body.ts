import type { IncomingMessage } from "node:http";
import { problem } from "#service/http/problem.ts";

/** Reads the body of one request, once, however often it is asked for. */
export interface Body {
  /** @throws {HttpProblem} (rejects) 400, 413, 415 */
  readonly form: () => Promise<URLSearchParams>;
  /** @throws {HttpProblem} (rejects) 400, 413, 415 */
  readonly json: () => Promise<unknown>;
}

/** The sender went away in the middle. Nobody is there to be answered. */
export class SenderGone extends Error {}

export function createBody(message: IncomingMessage, maxBytes: number): Body {
  let text: Promise<string> | undefined;
  const read = (type: string) => {
    checkType(message, type);
    text ??= readText(message, maxBytes);
    return text;
  };
  return {
    form: async () => new URLSearchParams(await read("application/x-www-form-urlencoded")),
    json: async () => parseJson(await read("application/json")),
  };
}

/** Without parameters, in lower case. */
export function mediaType({ headers }: IncomingMessage): string {
  const [type = ""] = (headers["content-type"] ?? "").split(";");
  return type.trim().toLowerCase();
}

function checkType(message: IncomingMessage, expected: string): void {
  if (message.headers["content-encoding"] !== undefined)
    throw problem(415, "content-encoding", "Cannot read the body: it has a content coding, expected none");
  if (mediaType(message) !== expected)
    throw problem(415, "media-type", "Cannot read the body: it is of another type", `Expected ${expected}`);
}

async function readText(message: IncomingMessage, maxBytes: number): Promise<string> {
  const bytes = await readBytes(message, maxBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw problem(400, "not-text", "Cannot read the body: it is no text in UTF-8");
  }
}

async function readBytes(message: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = problem(413, "too-large", `Cannot read the body: it has more than ${maxBytes} bytes`);
  if (Number(message.headers["content-length"] ?? 0) > maxBytes) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    // The connection is still needed, to say that this was too much
    for await (const chunk of message.iterator({ destroyOnReturn: false })) {
      if (!(chunk instanceof Uint8Array)) continue;
      length += chunk.length;
      if (length > maxBytes) throw tooLarge;
      chunks.push(chunk);
    }
  } catch (error) {
    throw error === tooLarge ? error : new SenderGone();
  }
  return Buffer.concat(chunks);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw problem(400, "not-json", "Cannot read the body: it is no JSON");
  }
}
