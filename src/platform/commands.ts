import type { ChildProcess } from "node:child_process";
import { CancelledError, WitnessError } from "#core/errors.ts";
import type { Commands } from "#core/ports.ts";

/** What a program gets to see of our environment: nothing that could hold a secret. */
const PASSED_ON = ["PATH", "HOME", "LANG"];
const MAX_COMPLAINT = 200;

/** Programs of this host, by `node:child_process`, which is loaded with the first of them. */
export function createCommands(): Commands {
  return { run };
}

function run(
  argv: readonly [string, ...string[]],
  { maxBytes }: { readonly maxBytes: number },
  signal: AbortSignal,
): Promise<string> {
  const [program, ...parameters] = argv;
  const output: Buffer[] = [];
  let size = 0;
  let complaint = "";
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new CancelledError());
    const { spawn } = process.getBuiltinModule("node:child_process");
    // a process group of its own, so that what it started ends with it
    const child = spawn(program, parameters, {
      detached: true,
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    // A descendant that left the group and kept the output open would keep us waiting for ever
    const abort = () => {
      kill(child);
      finish(undefined);
    };
    signal.addEventListener("abort", abort);
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        kill(child);
        finish(failure(program, `it printed more than ${maxBytes} bytes`, ""));
      } else output.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, MAX_COMPLAINT);
    });
    child.on("error", (cause) => finish(failure(program, "it cannot be started", "", cause)));
    child.on("close", (status, killedBy) => {
      if (status !== 0)
        finish(failure(program, `it ended with ${status ?? killedBy}, expected 0`, complaint));
      else finish(undefined);
    });
    function finish(error: WitnessError | undefined): void {
      signal.removeEventListener("abort", abort);
      child.stdout.destroy();
      child.stderr.destroy();
      if (signal.aborted) reject(new CancelledError());
      else if (error) reject(error);
      else resolve(Buffer.concat(output).toString());
    }
  });
}

function failure(program: string, is: string, complaint: string, cause?: unknown): WitnessError {
  const said = complaint.trim();
  const hint = said === "" ? undefined : `it said: ${said}`;
  return new WitnessError(`Cannot run "${program}": ${is}`, { code: "command", hint, cause });
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // it ended by itself in the meantime
  }
}
