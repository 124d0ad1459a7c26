import { Resolver } from "node:dns/promises";
import { type App, compose } from "#app/compose.ts";
import { registries } from "#app/registries.ts";
import type { Command, Terminal } from "#cli/command.ts";
import { demoScreen } from "#cli/demo-screen.ts";
import { type DemoState, EMPTY_DEMO, nextDemoState, withStory } from "#cli/demo-state.ts";
import { EXIT, type ExitCode } from "#cli/exit.ts";
import { digLine, writeLab } from "#cli/lab-files.ts";
import { loadConfiguration } from "#config/load.ts";
import { formatEndpoint } from "#core/endpoint.ts";
import { LAB_NAME, type LabWitness, startWorld, type World } from "#lab/world.ts";
import { createLog } from "#platform/log.ts";

/** How long the record may take to follow before `--once` gives up. */
const PATIENCE_MS = 20_000;

export const demo: Command = {
  options: { once: { type: "boolean" } },
  hasJson: false,
  positionals: [],
  usage: "esddns demo [--once]",
  async run({ terminal, options }) {
    const world = await startWorld();
    const files = writeLab(world);
    try {
      return await watchDaemon(world, files.configFile, terminal, options["once"] === true);
    } finally {
      await world.close();
      files.remove();
    }
  },
};

/** Runs the daemon in the world until it is ended, or the record has followed once. */
async function watchDaemon(world: World, file: string, terminal: Terminal, once: boolean): Promise<ExitCode> {
  const { cwd, env } = terminal;
  const configuration = await loadConfiguration({ file, cwd, env, registries });
  const log = await createLog({ format: "text", level: "error" });
  const app = await compose(configuration, { log, isDaemon: true });
  const stop = new AbortController();
  const ended = AbortSignal.any([terminal.ended, stop.signal]);
  const isLive = terminal.isInteractive && !once;
  const show = isLive ? live(world, app, terminal, stop) : asLines(world, app, terminal);
  try {
    const running = app.engine.run(ended);
    const code = once ? await moveOnce(world, terminal, ended) : EXIT.ok;
    if (once) stop.abort();
    await running;
    return code;
  } finally {
    show.end();
    await app.close();
  }
}

interface Show {
  end(): void;
}

/** Redraws the screen after every event and obeys keys. */
function live(world: World, app: App, { stdout, stdin, out }: Terminal, stop: AbortController): Show {
  let state: DemoState = EMPTY_DEMO;
  const trouble = new Trouble(world);
  const draw = () => {
    const facts = {
      addresses: addresses(world),
      digLine: digLine(world),
      liar: trouble.liar,
      dead: trouble.dead,
    };
    const lines = demoScreen(state, facts, { width: stdout.columns, height: stdout.rows - 1 });
    out(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join("\n")}\u001b[J`);
  };
  const tell = (story: string) => {
    state = withStory(state, story);
    draw();
  };
  const keys: Readonly<Record<string, () => void>> = {
    m: () => {
      world.move();
      tell(`you moved the public address to ${addresses(world).join(", ")}`);
    },
    l: () => tell(trouble.toggle("liar")),
    d: () => tell(trouble.toggle("silent")),
    q: () => stop.abort(),
    "\u0003": () => stop.abort(),
  };
  const onKey = (chunk: Buffer) => {
    for (const key of chunk.toString()) if (Object.hasOwn(keys, key)) keys[key]?.();
  };
  app.engine.subscribe((event) => {
    state = nextDemoState(state, event);
    draw();
  });
  stdin.setRawMode(true).resume().on("data", onKey);
  stdout.on("resize", draw);
  // The alternate screen: what was there before comes back at the end
  out("\u001b[?1049h\u001b[?25l");
  draw();
  return {
    end: () => {
      stdin.off("data", onKey).setRawMode(false).pause();
      stdout.off("resize", draw);
      out("\u001b[?25h\u001b[?1049l");
    },
  };
}

/** For pipes and `--once`: what happens, a line each. */
function asLines(world: World, app: App, { out }: Terminal): Show {
  let state: DemoState = EMPTY_DEMO;
  const startedAt = performance.now();
  const say = (line: string) =>
    out(`${((performance.now() - startedAt) / 1000).toFixed(3).padStart(8)} s  ${line}\n`);
  say(`the lab's public address is ${addresses(world).join(", ")}`);
  say(`see for yourself: ${digLine(world)}`);
  app.engine.subscribe((event) => {
    const before = state;
    state = nextDemoState(state, event);
    switch (event.kind) {
      case "round-started":
        return say(`round ${event.round} (${event.trigger})`);
      case "observed":
        return say(
          `  witness  ${state.witnesses.get(`${event.observation.family} ${event.look} ${event.observation.witness.id}`)?.text ?? ""}`,
        );
      case "decided":
        return say(`  verdict  ${state.verdicts.get(event.family) ?? ""}`);
      case "planned":
        for (const line of state.plan.get(event.family) ?? []) say(`  plan     ${line}`);
        return undefined;
      case "published":
      case "verified":
        for (const line of state.writes.slice(before.writes.length)) say(`  written  ${line}`);
        return undefined;
      case "probed":
        return event.result === "unchanged" ? undefined : say(`probe: ${state.lastProbe}`);
      default:
        return undefined;
    }
  });
  return { end: () => {} };
}

/** Waits for the record, moves the address, waits for the record again. */
async function moveOnce(world: World, { out, err }: Terminal, ended: AbortSignal): Promise<ExitCode> {
  if (!(await followed(world, ended))) return giveUp(world, err, ended);
  const movedAt = performance.now();
  world.move();
  out(`            the public address moves to ${addresses(world).join(", ")}\n`);
  if (!(await followed(world, ended))) return giveUp(world, err, ended);
  out(`            the record followed after ${Math.round(performance.now() - movedAt)} ms\n`);
  return EXIT.ok;
}

function giveUp(world: World, err: Terminal["err"], ended: AbortSignal): ExitCode {
  if (ended.aborted) err("Ended before the record had followed\n");
  else err(`The record did not follow to ${addresses(world).join(", ")} within ${PATIENCE_MS / 1000} s\n`);
  return EXIT.failed;
}

/** Asks the lab's DNS server as any visitor would, with Node's own resolver. */
async function followed(world: World, ended: AbortSignal): Promise<boolean> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([formatEndpoint(world.dns.endpoint)]);
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline && !ended.aborted) {
    const found = await Promise.all(
      world.families.map((family) =>
        (family === 4 ? resolver.resolve4(LAB_NAME) : resolver.resolve6(LAB_NAME)).catch(() => []),
      ),
    );
    if (world.families.every((family, index) => found[index]?.join() === world.publicAddress(family).text))
      return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

function addresses(world: World): readonly string[] {
  return world.families.map((family) => world.publicAddress(family).text);
}

/** The witness that lies and the one that is off, at the touch of a key. */
class Trouble {
  readonly #world: World;
  #liar: string | undefined;
  #dead: string | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  get liar(): string | undefined {
    return this.#liar;
  }

  get dead(): string | undefined {
    return this.#dead;
  }

  /** The first operator lies, the second is the one that goes dark: both at once is possible. */
  toggle(how: "liar" | "silent"): string {
    const operator = this.#world.witnesses[how === "liar" ? 0 : 1]?.operator ?? "";
    const isOn = (how === "liar" ? this.#liar : this.#dead) === undefined;
    for (const witness of this.#of(operator)) witness.behave(isOn ? how : "honest");
    if (how === "liar") this.#liar = isOn ? operator : undefined;
    else this.#dead = isOn ? operator : undefined;
    const does = how === "liar" ? "lies" : "does not answer";
    return isOn ? `${operator} ${does} from now on` : `${operator} is honest and reachable again`;
  }

  #of(operator: string): readonly LabWitness[] {
    return this.#world.witnesses.filter((witness) => witness.operator === operator);
  }
}
