import { Writable } from "node:stream";
import { createInterface } from "node:readline";
import type { Command, Terminal } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { CancelledError, ConfigError } from "#core/errors.ts";
import { createRandom } from "#platform/random.ts";
import { hashPassword, MAX_PASSWORD } from "#service/auth/password.ts";

const MIN = 8;
const TOKEN_BYTES = 32;

/** Prints what `service.password` or `service.tokens` of the configuration take. */
export const password: Command = {
  options: { token: { type: "boolean" } },
  hasJson: false,
  positionals: [],
  usage: "esddns password [--token]",
  async run({ terminal, options }) {
    if (options["token"] === true) {
      terminal.out(`esddns_${Buffer.from(createRandom().bytes(TOKEN_BYTES)).toString("base64url")}\n`);
      return EXIT.ok;
    }
    terminal.out(`${await hashPassword(checked(await readPassword(terminal)))}\n`);
    if (terminal.isInteractive) terminal.err("This goes into the configuration as `service.password`\n");
    return EXIT.ok;
  },
};

function checked(text: string): string {
  if (text.length >= MIN && text.length <= MAX_PASSWORD) return text;
  const is = text.length < MIN ? "it is too short" : "it is too long";
  throw new ConfigError(`Cannot use this password: ${is}, expected ${MIN} to ${MAX_PASSWORD} characters`, []);
}

/** Twice from a terminal, without showing it; one line from anything else. */
async function readPassword({ stdin, err }: Terminal): Promise<string> {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output, terminal: stdin.isTTY });
  lines.on("SIGINT", () => lines.close());
  const answers = lines[Symbol.asyncIterator]();
  const ask = async (prompt: string): Promise<string> => {
    if (stdin.isTTY) err(prompt);
    const { done, value } = await answers.next();
    if (stdin.isTTY) err("\n");
    if (done === true) throw new CancelledError("No password was given");
    return value;
  };
  try {
    const first = await ask("Password: ");
    if (!stdin.isTTY || (await ask("Once more: ")) === first) return first;
    throw new ConfigError("Cannot use this password: the two are not the same", []);
  } finally {
    lines.close();
  }
}
