import { createInterface } from "node:readline";
import type { Command, Terminal } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { digLine, writeLab } from "#cli/lab-files.ts";
import { startWorld, type World } from "#lab/world.ts";

export const lab: Command = {
  options: {},
  hasJson: true,
  positionals: [],
  usage: "esddns lab [--json]",
  async run({ terminal, json }) {
    const world = await startWorld();
    const files = writeLab(world);
    if (json) terminal.out(`${JSON.stringify(facts(world, files.configFile))}\n`);
    else terminal.out(introduction(world, files.configFile));
    const lines = createInterface({ input: terminal.stdin });
    lines.on("line", (line) => {
      const word = line.trim();
      if (word === "move") world.move();
      else if (word !== "") terminal.err(`Cannot do "${word}": the only word that is known here is "move"\n`);
      terminal.out(
        json
          ? `${JSON.stringify(facts(world, files.configFile))}\n`
          : `public address: ${addresses(world)}\n`,
      );
    });
    await untilEnded(terminal);
    lines.close();
    terminal.stdin.destroy();
    await world.close();
    files.remove();
    return EXIT.ok;
  },
};

function introduction(world: World, configFile: string): string {
  return [
    "A world on loopback is up:",
    ...world.witnesses.map(
      ({ kind, operator, endpoint }) =>
        `  ${kind.padEnd(5)}${operator.padEnd(9)}${endpoint.address.text} port ${endpoint.port}`,
    ),
    `  dns  lab.example at ${world.dns.endpoint.address.text} port ${world.dns.endpoint.port}`,
    `public address: ${addresses(world)}`,
    "",
    "In another terminal:",
    `  esddns --config ${configFile} detect --explain`,
    `  esddns --config ${configFile} sync`,
    `  ${digLine(world)}`,
    "",
    'Type "move" for another public address; Ctrl-C ends the world and removes its files.',
    "",
  ].join("\n");
}

function facts(world: World, configFile: string) {
  const { address, port } = world.dns.endpoint;
  return {
    config: configFile,
    dns: { address: address.text, port },
    addresses: world.families.map((family) => world.publicAddress(family).text),
  };
}

function addresses(world: World): string {
  return world.families.map((family) => world.publicAddress(family).text).join(", ");
}

function untilEnded({ ended }: Terminal): Promise<void> {
  if (ended.aborted) return Promise.resolve();
  return new Promise((resolve) => ended.addEventListener("abort", () => resolve(), { once: true }));
}
