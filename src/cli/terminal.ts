import type { Terminal } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";

/** The process that we are. */
export function processTerminal(): Terminal {
  const ended = new AbortController();
  const end = () => ended.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  // The terminal was closed; the daemon listens to it, too, and there it means to read the configuration again
  process.on("SIGHUP", () => process.listenerCount("SIGHUP") === 1 && end());
  // A reader that went away (| head) is no failure of ours, and what runs takes its files away with it
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) =>
    code === "EPIPE" || code === "ERR_STREAM_DESTROYED" ? end() : process.exit(EXIT.failed),
  );
  return {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    get stdout() {
      return process.stdout;
    },
    get stdin() {
      return process.stdin;
    },
    get isInteractive() {
      return process.stdout.isTTY && process.stdin.isTTY;
    },
    ended: ended.signal,
  };
}
