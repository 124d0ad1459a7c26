import type { Terminal } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";

/** Why nobody is there any more: of a pipe, of a stream that was closed, and of a terminal. */
const GONE = new Set(["EPIPE", "ERR_STREAM_DESTROYED", "EIO"]);

/** The process that we are. */
export function processTerminal(): Terminal {
  const ended = new AbortController();
  const end = () => ended.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  // The terminal was closed; the daemon listens to it, too, and there it means to read the configuration again
  process.on("SIGHUP", () => process.listenerCount("SIGHUP") === 1 && end());
  // A reader that went away (| head) and a window that was closed are no failures of ours, and what runs takes its
  // files away with it
  const onError = ({ code = "" }: NodeJS.ErrnoException) =>
    GONE.has(code) ? end() : process.exit(EXIT.failed);
  process.stdout.on("error", onError);
  return {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    get stdout() {
      return process.stdout;
    },
    get stdin() {
      if (!process.stdin.listeners("error").includes(onError)) process.stdin.on("error", onError);
      return process.stdin;
    },
    get isInteractive() {
      return process.stdout.isTTY && process.stdin.isTTY;
    },
    ended: ended.signal,
  };
}
