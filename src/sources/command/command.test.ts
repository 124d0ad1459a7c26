import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Address, parseAddress } from "#core/address.ts";
import { WitnessError } from "#core/errors.ts";
import type { Clock, Commands } from "#core/ports.ts";
import { createClock } from "#platform/clock.ts";
import { createCommands } from "#platform/commands.ts";
import { commandSource } from "#sources/command/command.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { partialPorts } from "#testing/partial-ports.ts";
import { describeSourceContract, type PeerBehaviour } from "#testing/source-contract.ts";

const NEVER = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "esddns-command-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Notes its process id, then does what the file `mode` says. */
const program = join(folder, "whats-my-address");
const noted = join(folder, "noted");
const mode = join(folder, "mode");
writeFileSync(program, `#!/bin/sh\necho "$$" >> '${noted}'\n. '${mode}'\n`, { mode: 0o755 });

describeSourceContract({
  kind: "command",
  named: ({ id }) => id.slice("command:".length),
  build() {
    let truth = "93.184.216.34";
    rmSync(noted, { force: true });
    const behave = (behaviour: PeerBehaviour) => {
      const modes = {
        honest: `echo ${truth}`,
        silent: "sleep 60",
        nonsense: "echo '<html>'",
        failing: "echo broken >&2; exit 3",
      };
      writeFileSync(mode, modes[behaviour]);
    };
    behave("honest");
    return {
      create: () => create({ argv: [program] }),
      truth: () => addressOf(truth),
      move() {
        truth = "93.184.216.35";
        behave("honest");
      },
      behave,
      questions: () => (existsSync(noted) ? readFileSync(noted, "utf8").trim().split("\n") : []),
      close: () => {},
    };
  },
});

describe("a program", () => {
  it("is told the family in question, where its arguments ask for it", async () => {
    const asked: string[][] = [];
    const run: Commands["run"] = async (argv) => {
      asked.push([...argv]);
      return argv.includes("-6") ? "2606:2800::34" : "93.184.216.34";
    };
    const config = { argv: ["wan", "-{family}", "--plain"], families: [4, 6] };
    const [witness] = create(config, { run }).witnesses();
    expect((await witness?.ask(4, NEVER))?.address.text).toBe("93.184.216.34");
    expect((await witness?.ask(6, NEVER))?.address.text).toBe("2606:2800::34");
    expect(asked).toEqual([
      ["wan", "-4", "--plain"],
      ["wan", "-6", "--plain"],
    ]);
  });

  it.each([
    ["93.184.216.34 \n", "93.184.216.34"],
    ["", "not-an-address"],
    ["address: 93.184.216.34\n", "not-an-address"],
    ["93.184.216.34\n93.184.216.35\n", "not-an-address"],
    ["2606:2800::34\n", "wrong-family"],
  ])("that prints %j yields %s", async (output, expected) => {
    const [witness] = create({ argv: ["wan"] }, { run: async () => output }).witnesses();
    const result = await witness?.ask(4, NEVER).then(
      ({ address }) => address.text,
      (error: unknown) => (error instanceof WitnessError ? error.code : Promise.reject(error)),
    );
    expect(result).toBe(expected);
  });

  it("that does not end in time is ended", async () => {
    const clock = new ManualClock();
    let wasEnded = false;
    const run: Commands["run"] = (_argv, _options, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          wasEnded = true;
          reject(new Error("ended"));
        });
      });
    const [witness] = create({ argv: ["wan"], timeout: "2s" }, { run }, clock).witnesses();
    const answer = expect(witness?.ask(4, NEVER)).rejects.toMatchObject({ code: "timeout" });
    await clock.advance(1999);
    expect(wasEnded).toBe(false);
    await clock.advance(1);
    await answer;
    expect(wasEnded).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("leaves no timer behind when it ends by itself", async () => {
    const clock = new ManualClock();
    const [witness] = create({ argv: ["wan"] }, { run: async () => "93.184.216.34" }, clock).witnesses();
    await witness?.ask(4, NEVER);
    expect(clock.pending).toBe(0);
  });

  it("that is not there is a failure that names it", async () => {
    const missing = join(folder, "missing");
    const [witness] = create({ argv: [missing] }).witnesses();
    await expect(witness?.ask(4, NEVER)).rejects.toMatchObject({
      name: "WitnessError",
      message: expect.stringContaining(missing),
    });
  });

  it.each([[{ argv: [] }], [{ argv: [""] }], [{ argv: "wan" }], [{}], [{ argv: ["wan"], timeout: 5 }]])(
    "%j is refused",
    (config) => {
      expect(commandSource.config.safeParse(config).success).toBe(false);
    },
  );
});

function create(config: unknown, commands: Commands = createCommands(), clock: Clock = createClock()) {
  return commandSource.create(commandSource.config.parse(config), partialPorts({ commands, clock }), {});
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new TypeError(text);
  return address;
}
