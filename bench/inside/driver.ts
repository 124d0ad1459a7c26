/**
 * The engine in a process of its own, without the command line around it: it is bundled like the program.
 *
 * Usage: driver.js JSON, see {@link task}; prints JSON.
 */
import { compose, detectSettings } from "#app/compose.ts";
import { createSources } from "#app/plug-ins.ts";
import { registries } from "#app/registries.ts";
import type { Configuration } from "#config/configuration.ts";
import { loadConfiguration } from "#config/load.ts";
import { parseAddress } from "#core/address.ts";
import { detect } from "#engine/detect.ts";
import type { EngineEvent, Trigger } from "#engine/events.ts";
import { Health } from "#engine/health.ts";
import { Preparation } from "#engine/preparation.ts";
import { createLog } from "#platform/log.ts";
import { createPorts } from "#platform/ports.ts";
import { z } from "zod";
import { monotonicMs, pause } from "../clock.ts";
import { stunRoundTrip } from "./stun-round-trip.ts";

const task = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("detect"),
    config: z.string(),
    rounds: z.number(),
    warmUp: z.number(),
    /** What was confirmed before; `null`: whatever the first look finds is enough. */
    confirmed: z.string().nullable(),
    /** Of the round trips that are measured between the rounds. */
    server: z.string(),
  }),
  z.object({
    kind: z.literal("rounds"),
    config: z.string(),
    rounds: z.number(),
    pauseMs: z.number(),
  }),
]);

/** A lost probe is just no sample. */
const PROBE_PATIENCE = 150;

type Task<Kind> = Extract<z.output<typeof task>, { kind: Kind }>;

const wanted = task.parse(JSON.parse(process.argv[2] ?? ""));
const configuration = await loadConfiguration({
  file: wanted.config,
  cwd: process.cwd(),
  env: process.env,
  registries,
});
const result =
  wanted.kind === "detect"
    ? await runDetections(configuration, wanted)
    : await runRounds(configuration, wanted);
console.log(JSON.stringify(result));

async function runDetections(
  configuration: Configuration,
  { rounds, warmUp, confirmed, server }: Task<"detect">,
) {
  const log = await createLog({ format: "text", level: "warn" });
  const ports = createPorts({ log, secrets: configuration.secrets, caFile: configuration.tls.caFile });
  const sources = createSources(configuration, ports, undefined);
  const signal = new AbortController().signal;
  const onBug = (error: unknown) => log.error("A bug", { error });
  await new Preparation({ sources, families: [4], clock: ports.clock, onBug }).ready(signal);
  const samples: { rtt: number; took: number; wall: number; kind: string }[] = [];
  let took = Number.NaN;
  const context = {
    settings: detectSettings(configuration, { confirms: confirmed !== null }),
    sources,
    health: new Health(),
    clock: ports.clock,
    random: ports.random,
    emit: (event: EngineEvent) => {
      if (event.kind === "decided") took = event.took;
    },
  };
  for (let round = 1; round <= warmUp + rounds; round += 1) {
    const rtt = await stunRoundTrip(server, PROBE_PATIENCE);
    const startedAt = monotonicMs();
    const detection = await detect(
      {
        round,
        family: 4,
        confirmed: confirmed === null ? undefined : parseAddress(confirmed),
        suspicious: confirmed !== null,
      },
      context,
      signal,
    );
    const wall = monotonicMs() - startedAt;
    await detection.ended;
    if (round > warmUp) samples.push({ rtt, took, wall, kind: detection.verdict.kind });
  }
  await ports.close();
  return { samples };
}

async function runRounds(configuration: Configuration, { rounds, pauseMs }: Task<"rounds">) {
  const log = await createLog({ format: "text", level: "warn" });
  const app = await compose(configuration, { log, isDaemon: true });
  const signal = new AbortController().signal;
  let asked = 0;
  app.engine.subscribe((event) => {
    if (event.kind === "asked") asked += 1;
  });
  const round = async (trigger: Trigger) => (await app.engine.round(trigger, signal)).took;
  await round("start");
  asked = 0;
  const startedAt = monotonicMs();
  const resources: (readonly string[])[] = [];
  for (let count = 0; count < rounds; count += 1) {
    await round("schedule");
    // A closed handle is gone after a few turns of the loop
    await pause(5);
    resources.push(process.getActiveResourcesInfo());
    await pause(pauseMs);
  }
  const elapsed = monotonicMs() - startedAt;
  await app.close();
  return { elapsed, asked, resources };
}
