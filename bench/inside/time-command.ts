/**
 * Runs a command to its end and tells how long that took, without the time that entering a namespace takes.
 *
 * Usage: time-command.ts COMMAND ARGUMENT…; prints JSON.
 */
import { spawn } from "node:child_process";
import { monotonicMs } from "../clock.ts";

const [command = "", ...words] = process.argv.slice(2);
const startedAt = monotonicMs();
const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"] });
const output = { stdout: "", stderr: "" };
child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
let endedAt = Number.NaN;
child.on("exit", () => (endedAt = monotonicMs()));
child.on("close", (status) => {
  console.log(JSON.stringify({ startedAt, took: endedAt - startedAt, status, ...output }));
});
