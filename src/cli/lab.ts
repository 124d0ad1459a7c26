import { createInterface } from "node:readline";
import type { Command, Terminal } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { type Lab, openLab, openWatchedLab } from "#cli/open-lab.ts";
import { ConfigError } from "#core/errors.ts";
import type { World } from "#lab/world.ts";

export const lab: Command = {
  options: { alone: { type: "boolean" }, port: { type: "string" } },
  hasJson: true,
  positionals: [],
  usage: "esddns lab [--alone] [--port NUMBER] [--json]",
  async run({ terminal, options, json }) {
    if (options["alone"] === true) {
      const opened = await openLab(0);
      await converse(opened, undefined, terminal, json);
      await opened.close();
      return EXIT.ok;
    }
    const opened = await openWatchedLab(terminal, portOf(options["port"]));
    const running = opened.daemon.app.engine.run(terminal.ended);
    const dashboard = json ? opened.daemon.service?.origin : opened.dashboard;
    await converse(opened, dashboard, terminal, json);
    await running;
    await opened.close();
    return EXIT.ok;
  },
};

/** @throws {ConfigError} */
function portOf(text: boolean | string | undefined): number | undefined {
  if (typeof text !== "string") return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new ConfigError(
    `Cannot serve the dashboard at port "${text}": expected a number from 0 to 65535`,
    [],
  );
}

/** Until it is ended: says what is there, and obeys the one word. */
async function converse(
  { world, configFile }: Lab,
  dashboard: string | undefined,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  const tell = () => `${JSON.stringify({ ...facts(world, configFile), dashboard })}\n`;
  terminal.out(json ? tell() : introduction(world, configFile, dashboard));
  const lines = createInterface({ input: terminal.stdin });
  lines.on("line", (line) => {
    const word = line.trim();
    if (word === "move") world.move();
    else if (word !== "") terminal.err(`Cannot do "${word}": the only word that is known here is "move"\n`);
    terminal.out(json ? tell() : `public address: ${addresses(world)}\n`);
  });
  await untilEnded(terminal);
  lines.close();
  terminal.stdin.destroy();
}

function introduction(world: World, configFile: string, dashboard: string | undefined): string {
  return [
    "A world on loopback is up:",
    ...world.witnesses.map(
      ({ kind, operator, endpoint }) =>
        `  ${kind.padEnd(5)}${operator.padEnd(9)}${endpoint.address.text} port ${endpoint.port}`,
    ),
    `  dns  lab.example at ${world.dns.endpoint.address.text} port ${world.dns.endpoint.port}`,
    `public address: ${addresses(world)}`,
    ...(dashboard ? [`dashboard: ${dashboard}`] : []),
    "",
    "In another terminal:",
    `  esddns --config ${configFile} detect --explain`,
    `  esddns --config ${configFile} sync`,
    `  ${world.digLine}`,
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
