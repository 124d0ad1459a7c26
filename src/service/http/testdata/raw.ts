import { connect } from "node:net";

/** What came back over a plain socket. */
export interface RawAnswer {
  /** 0: nothing that could be read as an answer. */
  readonly status: number;
  /** In lower case. */
  readonly head: string;
  readonly text: string;
  /** Whether the server ended the connection before the patience did. */
  readonly isEnded: boolean;
}

/** Sends bytes as they are and collects what comes back until the server ends it, or patience does. */
export function sendRaw(
  port: number,
  pieces: readonly (Uint8Array | string)[],
  { patience = 2000, pause = 0 }: { readonly patience?: number; readonly pause?: number } = {},
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const chunks: Buffer[] = [];
    const finish = (isEnded: boolean) => {
      clearTimeout(timer);
      clearInterval(ticks);
      socket.destroy();
      resolve({ ...parse(Buffer.concat(chunks).toString("latin1")), isEnded });
    };
    const timer = setTimeout(() => finish(false), patience);
    const rest = [...pieces];
    const next = () => {
      const piece = rest.shift();
      if (piece !== undefined && socket.writable) socket.write(piece);
    };
    next();
    if (pause === 0) while (rest.length > 0) next();
    const ticks = setInterval(next, Math.max(1, pause));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.on("close", () => finish(true));
  });
}

/** A request with `Connection: close`, so that the end of the answer is the end of the connection. */
export function request(line: string, headers: readonly string[] = ["Host: localhost"], body = ""): string {
  return `${[`${line} HTTP/1.1`, ...headers, "Connection: close"].join("\r\n")}\r\n\r\n${body}`;
}

function parse(all: string): Omit<RawAnswer, "isEnded"> {
  // "100 Continue" is no answer yet
  const [head = "", ...rest] = all.replace(/^HTTP\/1\.1 100 .*\r\n\r\n/, "").split("\r\n\r\n");
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
  return { status: Number(status ?? 0), head: head.toLowerCase(), text: rest.join("\r\n\r\n") };
}
