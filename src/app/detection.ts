import { createSources } from "#app/plug-ins.ts";
import { detectSettings } from "#app/compose.ts";
import type { Configuration } from "#config/configuration.ts";
import type { Family } from "#core/address.ts";
import type { Log } from "#core/ports.ts";
import { detect, type DetectSettings } from "#engine/detect.ts";
import type { EngineEvent } from "#engine/events.ts";
import { Health } from "#engine/health.ts";
import { Preparation } from "#engine/preparation.ts";
import { milliseconds } from "#core/units.ts";
import { createPorts } from "#platform/ports.ts";
import type { DecidedVerdict } from "#report/verdict.ts";

/** One round of discovery and nothing else: no provider, no DNS change, no store. */
export async function detectOnce(
  configuration: Configuration,
  options: {
    readonly families: readonly Family[];
    readonly log: Log;
    readonly cacheFolder: string | undefined;
  },
  signal: AbortSignal,
): Promise<ReadonlyMap<Family, DecidedVerdict>> {
  const { families, log } = options;
  const ports = createPorts({ log, secrets: configuration.secrets, caFile: configuration.tls.caFile });
  const sources = createSources(configuration, ports, options.cacheFolder);
  const decided = new Map<Family, DecidedVerdict>();
  const context = {
    settings: withoutGrace(detectSettings(configuration, { confirms: false })),
    sources,
    health: new Health(),
    clock: ports.clock,
    random: ports.random,
    emit: (event: EngineEvent) => {
      if (event.kind === "decided") decided.set(event.family, event);
    },
  };
  try {
    const onBug = (error: unknown) => log.error("A bug, please report it", { error });
    await new Preparation({ sources, families, clock: ports.clock, onBug }).ready(signal);
    const detections = families.map((family) =>
      detect({ round: 1, family, confirmed: undefined, suspicious: false }, context, signal),
    );
    await Promise.all((await Promise.all(detections)).map(({ ended }) => ended));
    return decided;
  } finally {
    await ports.close();
  }
}

/** Late answers teach a daemon about its witnesses; a command that ends with the decision has no use for them. */
function withoutGrace(settings: DetectSettings): DetectSettings {
  return { ...settings, limits: { ...settings.limits, grace: milliseconds(0) } };
}
