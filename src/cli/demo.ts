import { Resolver } from "node:dns/promises";
import type { Command, Terminal } from "#cli/command.ts";
import { demoScreen } from "#cli/demo-screen.ts";
import { type DemoState, EMPTY_DEMO, nextDemoState, withStory } from "#cli/demo-state.ts";
import { EXIT, type ExitCode } from "#cli/exit.ts";
import { openWatchedLab, type WatchedLab } from "#cli/open-lab.ts";
import { formatEndpoint } from "#core/endpoint.ts";
import type { LabControls, WitnessBehaviour } from "#lab/controls.ts";
import { LAB_NAME, type World } from "#lab/world.ts";

/** How long the record may take to follow before `--once` gives up. */
const PATIENCE_MS = 20_000;

export const demo: Command = {
  options: { once: { type: "boolean" } },
  hasJson: false,
  positionals: [],
  usage: "esddns demo [--once]",
  async run({ terminal, options }) {
    const lab = await openWatchedLab(terminal);
    try {
      return await watchDaemon(lab, terminal, options["once"] === true);
    } finally {
      await lab.close();
    }
  },
};

/** Runs the daemon in the world until it is ended, or the record has followed once. */
async function watchDaemon(lab: WatchedLab, terminal: Terminal, once: boolean): Promise<ExitCode> {
  const { world, daemon } = lab;
  const stop = new AbortController();
  const ended = AbortSignal.any([terminal.ended, stop.signal]);
  const isLive = terminal.isInteractive && !once;
  const show = isLive ? live(lab, terminal, stop) : asLines(lab, terminal, once);
  try {
    const running = daemon.app.engine.run(ended);
    const code = once ? await moveOnce(world, terminal, ended) : EXIT.ok;
    if (once) {
      // What a round that is cut short gives up would come after the last word
      show.end();
      stop.abort();
    }
    await running;
    return code;
  } finally {
    show.end();
  }
}

interface Show {
  end(): void;
}

/** Redraws the screen after every event and obeys keys. */
function live(
  { daemon, controls, dashboard }: WatchedLab,
  { stdout, stdin, out }: Terminal,
  stop: AbortController,
): Show {
  let state: DemoState = EMPTY_DEMO;
  const draw = () => {
    const facts = { ...factsOf(controls), dashboard };
    const lines = demoScreen(state, facts, { width: stdout.columns || 80, height: (stdout.rows || 24) - 1 });
    out(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join("\n")}\u001b[J`);
  };
  const tell = (story: string) => {
    state = withStory(state, story);
    draw();
  };
  const keys: Readonly<Record<string, () => void>> = {
    m: () => {
      controls.moveAddress();
      tell(`you moved the public address to ${factsOf(controls).addresses.join(", ")}`);
    },
    l: () => tell(toggle(controls, 0, "lies")),
    d: () => tell(toggle(controls, 1, "dead")),
    q: () => stop.abort(),
    "\u0003": () => stop.abort(),
  };
  const onKey = (chunk: Buffer) => {
    for (const key of chunk.toString()) if (Object.hasOwn(keys, key)) keys[key]?.();
  };
  daemon.app.engine.subscribe((event) => {
    state = nextDemoState(state, event);
    draw();
  });
  // Also what was done on the dashboard
  const unsubscribe = controls.subscribe(draw);
  stdin.setRawMode(true).resume().on("data", onKey);
  stdout.on("resize", draw);
  // The alternate screen: what was there before comes back at the end
  out("\u001b[?1049h\u001b[?25l");
  draw();
  return {
    end: () => {
      unsubscribe();
      stdin.off("data", onKey).setRawMode(false).pause();
      stdout.off("resize", draw);
      out("\u001b[?25h\u001b[?1049l");
    },
  };
}

/** For pipes and `--once`: what happens, a line each. */
function asLines({ world, daemon, dashboard }: WatchedLab, { out }: Terminal, once: boolean): Show {
  let state: DemoState = EMPTY_DEMO;
  const startedAt = performance.now();
  const say = (line: string) =>
    out(`${((performance.now() - startedAt) / 1000).toFixed(3).padStart(8)} s  ${line}\n`);
  say(`the lab's public address is ${addresses(world).join(", ")}`);
  say(`see for yourself: ${world.digLine}`);
  if (dashboard) say(`dashboard: ${dashboard}`);
  if (!once) say("Ctrl-C ends it");
  const unsubscribe = daemon.app.engine.subscribe((event) => {
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
        for (const { record, text } of state.writes.slice(before.writes.length))
          say(`  written  ${record}: ${text}`);
        return undefined;
      case "probed":
        return event.result === "unchanged" ? undefined : say(`probe: ${state.lastProbe}`);
      default:
        return undefined;
    }
  });
  return { end: unsubscribe };
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

/** The first operator lies, the second goes dark: both at once is possible. */
function toggle(controls: LabControls, index: number, how: WitnessBehaviour): string {
  const witness = controls.view().witnesses[index];
  if (!witness) return "there is no such witness";
  const isOn = witness.behaviour !== how;
  controls.setBehaviour(witness.name, isOn ? how : "honest");
  const does = how === "lies" ? "lies" : "does not answer";
  return isOn ? `${witness.name} ${does} from now on` : `${witness.name} is honest and reachable again`;
}

function factsOf(controls: LabControls) {
  const { addresses: all, witnesses, digLine } = controls.view();
  const named = (behaviour: WitnessBehaviour) =>
    witnesses.flatMap((each) => (each.behaviour === behaviour ? [each.name] : [])).join(", ") || undefined;
  return { addresses: all.map(({ text }) => text), digLine, liar: named("lies"), dead: named("dead") };
}
