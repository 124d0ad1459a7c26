import { cacheFolder } from "#app/cache-folder.ts";
import { compose } from "#app/compose.ts";
import type { Invocation } from "#cli/command.ts";
import { loadForCommand } from "#cli/load.ts";
import type { Family } from "#core/address.ts";
import { recordId } from "#core/record.ts";
import type { Instant } from "#core/units.ts";
import type { Verification } from "#core/verification.ts";
import type { EngineEvent, RoundSummary } from "#engine/events.ts";
import { type DecidedVerdict, describeVerdict, reportVerdict, type VerdictReport } from "#report/verdict.ts";

/** A finished round, with what its events told beside the summary. */
export interface OneRound {
  readonly summary: RoundSummary;
  readonly published: readonly Extract<EngineEvent, { kind: "published" }>[];
  readonly verifications: ReadonlyMap<string, Verification>;
  readonly verdictsJson: { readonly ipv4?: VerdictReport; readonly ipv6?: VerdictReport };
  readonly verdictLines: readonly string[];
  /** At its end. */
  readonly now: Instant;
}

/** Composes the engine of the configuration, lets it make one round, and takes everything apart again. */
export async function runOneRound(
  invocation: Invocation,
  { dryRun }: { readonly dryRun: boolean },
): Promise<OneRound> {
  const { terminal } = invocation;
  const { configuration, log } = await loadForCommand(invocation);
  const app = await compose(configuration, {
    log,
    isDaemon: false,
    dryRun,
    cacheFolder: cacheFolder(terminal.env),
  });
  const decided = new Map<Family, DecidedVerdict>();
  const published: Extract<EngineEvent, { kind: "published" }>[] = [];
  const verifications = new Map<string, Verification>();
  app.engine.subscribe((event) => {
    if (event.kind === "decided") decided.set(event.family, event);
    if (event.kind === "published") published.push(event);
    if (event.kind === "verified") verifications.set(recordId(event.record), event.result);
  });
  try {
    const summary = await app.engine.round("command", terminal.ended);
    const [four, six] = [decided.get(4), decided.get(6)];
    return {
      summary,
      published,
      verifications,
      now: app.ports.clock.now(),
      verdictsJson: {
        ...(four ? { ipv4: reportVerdict(four, { explain: false }) } : {}),
        ...(six ? { ipv6: reportVerdict(six, { explain: false }) } : {}),
      },
      verdictLines: [four, six].flatMap((verdict) => (verdict ? [describeVerdict(verdict)] : [])),
    };
  } finally {
    await app.close();
  }
}
