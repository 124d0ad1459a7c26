// Prints every command of the README's `sh` blocks, one a line: .ci/run runs them as they stand there.
import { readFileSync } from "node:fs";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, body]) => body);
const commands = blocks.flatMap((body) => body.split("\n")).filter((line) => line.trim() !== "");
if (commands.length === 0) throw new Error("README.md has no commands");
process.stdout.write(`${commands.join("\n")}\n`);
