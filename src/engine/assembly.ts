import type { Family } from "#core/address.ts";
import type { Policy } from "#core/policy.ts";
import type { Clock, Log, Random } from "#core/ports.ts";
import type { Provider } from "#core/provider.ts";
import { type DesiredRecord, type ProviderName, recordId } from "#core/record.ts";
import type { Store } from "#core/store.ts";
import { type Instant, instant, type Milliseconds } from "#core/units.ts";
import type { Authority } from "#core/verification.ts";
import type { Source } from "#core/witness.ts";
import type { DetectSettings } from "#engine/detect.ts";
import type { EngineEvent, RoundSummary } from "#engine/events.ts";
import { Health } from "#engine/health.ts";
import { Holds } from "#engine/holds.ts";
import type { Schedule } from "#engine/pace.ts";
import { Pauses } from "#engine/pauses.ts";
import { Preparation } from "#engine/preparation.ts";
import { type OnCalled, Publisher } from "#engine/publish.ts";
import { Readings } from "#engine/readings.ts";
import { Sights } from "#engine/sights.ts";
import type { RoundContext } from "#engine/round.ts";
import { Verifications } from "#engine/verifications.ts";

export interface EngineOptions {
  readonly sources: readonly Source[];
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly records: readonly DesiredRecord[];
  readonly detection: DetectSettings;
  readonly schedule: Schedule;
  readonly store: Store;
  /** The zone's own servers: verification, and reading where a provider cannot be read. */
  readonly authority?: Authority | undefined;
  /** After writes; `awaited`: a round ends with it. Absent: off. */
  readonly verification?: { readonly deadline: Milliseconds; readonly awaited: boolean } | undefined;
  /** Beside the engine's own; each may withhold a change for a reason of its own. */
  readonly policies?: readonly Policy[] | undefined;
  /** Plans and withholds every change; stores nothing. */
  readonly dryRun?: boolean | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Of bugs alone: all else is events. */
  readonly log: Log;
}

/** What the engine's loops and rounds share. */
export interface Parts {
  readonly health: Health;
  readonly pauses: Pauses;
  readonly preparation: Preparation;
  readonly verifications: Verifications | undefined;
  readonly sights: Sights;
  readonly rounds: RoundContext;
}

export function assembleParts(
  options: EngineOptions,
  families: readonly Family[],
  emit: (event: EngineEvent) => void,
  signal: AbortSignal,
): Parts {
  const { clock, random, providers, records, sources, store, authority } = options;
  const onBug = (error: unknown) => emit({ kind: "crashed", error });
  const onCalled: OnCalled = (call) => emit({ kind: "called", ...call });
  const sights = new Sights(clock);
  const health = new Health();
  const pauses = new Pauses(clock, random);
  const preparation = new Preparation({ sources, families, clock, onBug });
  const verifications = createVerifications(options, emit, onBug);
  const rounds: RoundContext = {
    records,
    store,
    clock,
    pauses,
    verifications,
    emit,
    refresh: options.schedule.refresh,
    dryRun: options.dryRun ?? false,
    policies: options.policies ?? [],
    readings: new Readings({ providers, authority, store, clock, pauses, onBug, onCalled }),
    holds: new Holds({ clock, pauses, store, longest: options.schedule.hold }),
    publisher: new Publisher({ providers, clock, onBug, onCalled }),
    detecting: { settings: options.detection, sources, health, clock, random, emit },
    sights,
    ready: () => preparation.ready(signal),
  };
  return { health, sights, pauses, preparation, verifications, rounds };
}

/** When what the round left undone may be tried again; `undefined`: with the next round that is due anyway. */
export function releaseOf(summary: RoundSummary, pauses: Pauses): Instant | undefined {
  const held = summary.withheld.flatMap(({ reason }) =>
    reason.kind === "back-off" || reason.kind === "flap-hold" || reason.kind === "turn" ? [reason.until] : [],
  );
  const paused = undone(summary).flatMap((record) => pauses.until(record.provider, recordId(record)) ?? []);
  const earliest = Math.min(...held, ...paused);
  return Number.isFinite(earliest) ? instant(earliest) : undefined;
}

function undone({ outcomes, plan }: RoundSummary): readonly DesiredRecord[] {
  const failed = outcomes.filter(
    ({ outcome }) => outcome.kind === "failed" || outcome.kind === "unconfirmed",
  );
  const unread = plan.filter((decision) => decision.kind === "keep" && decision.reason.kind === "unread");
  return [...failed.map(({ change }) => change.record), ...unread.map(({ record }) => record)];
}

function createVerifications(
  { authority, verification, store, clock }: EngineOptions,
  emit: (event: EngineEvent) => void,
  onBug: (error: unknown) => void,
): Verifications | undefined {
  if (!authority || !verification) return undefined;
  const { deadline } = verification;
  return new Verifications({
    authority,
    deadline,
    store,
    clock,
    onBug,
    onVerified: (round, record, result) => emit({ kind: "verified", round, record, result }),
  });
}
