import { examine } from "#app/doctor.ts";
import type { App } from "#app/compose.ts";
import { Ration } from "#app/ration.ts";
import type { Configuration } from "#config/configuration.ts";
import { describeProblem } from "#config/findings.ts";
import type { CheckedConfiguration } from "#config/load.ts";
import type { EffectiveValue } from "#config/print.ts";
import { ConfigError, type ConfigProblem, describeError } from "#core/errors.ts";
import type { Plan } from "#core/plan.ts";
import type { Log } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import type { Notifications } from "#notify/notifications.ts";
import type { ConfigurationNote, ConfigurationReport, Finding, Operations } from "#service/context.ts";
import { shareDoctor } from "#service/shared-doctor.ts";

export interface OperationsOptions {
  readonly app: Pick<App, "preview"> & {
    readonly engine: Pick<App["engine"], "round">;
    readonly ports: Pick<App["ports"], "clock">;
  };
  readonly configuration: Configuration;
  /** In force. */
  readonly values: readonly EffectiveValue[];
  /** Looks at the file as it is on the disk now. */
  readonly check: () => Promise<CheckedConfiguration>;
  readonly cacheFolder: string | undefined;
  readonly log: Log;
  readonly notifications: Pick<Notifications, "status" | "test">;
  /** Ends with the service: what a person started is not ended by a closed window. */
  readonly signal: AbortSignal;
}

/** Who may only look gets plans, too, and each asks every witness and takes of the providers' limits. */
const PLANS = { atOnce: 20, each: milliseconds(5000) } as const;

/** What a person can ask of a running daemon. Who asks for what is under way already waits for that. */
export function createOperations(options: OperationsOptions): Operations {
  const { app, configuration, values, check, cacheFolder, log, notifications, signal } = options;
  const round = shared(async () => void (await app.engine.round("command", signal)));
  const ration = new Ration({ ...PLANS, clock: app.ports.clock });
  const plan = shared(async (): Promise<Plan> => {
    const pause = ration.take();
    if (pause > 0) await app.ports.clock.sleep(pause, signal);
    return (await app.preview(signal)).plan;
  });
  return {
    round,
    plan,
    doctor: shareDoctor((ended) =>
      findings(configuration, { log, cacheFolder }, AbortSignal.any([ended, signal])),
    ),
    configuration: async (): Promise<ConfigurationReport> => ({
      file: configuration.file,
      values,
      notes: await notesOf(check),
    }),
    notifiers: () => notifications.status(),
    testNotifier: (name, ended) => notifications.test(name, ended),
  };
}

/** One at a time: a call during another one gets its result. */
function shared<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let underWay: Promise<Value> | undefined;
  return () => {
    underWay ??= work().finally(() => (underWay = undefined));
    return underWay;
  };
}

async function* findings(
  configuration: Configuration,
  options: { readonly log: Log; readonly cacheFolder: string | undefined },
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const waiting: Finding[] = [];
  let wake = () => {};
  const onFinding = (finding: Finding) => {
    waiting.push(finding);
    wake();
  };
  let isOver = false;
  const examined = examine(configuration, { ...options, onFinding }, signal).finally(() => {
    isOver = true;
    wake();
  });
  // Its failure is thrown below, when all that was found is told
  examined.catch(() => {});
  for (;;) {
    yield* waiting.splice(0);
    if (isOver) break;
    await new Promise<void>((resolve) => (wake = resolve));
  }
  await examined;
}

async function notesOf(check: () => Promise<CheckedConfiguration>): Promise<readonly ConfigurationNote[]> {
  try {
    const { problems, warnings } = await check();
    return [
      ...problems.map((problem) => noteOf("problem", problem)),
      ...warnings.map((warning) => noteOf("warning", warning)),
    ];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ severity: "problem", words: describeError(error) }];
  }
}

function noteOf(severity: ConfigurationNote["severity"], problem: ConfigProblem): ConfigurationNote {
  return { severity, words: describeProblem(problem), line: problem.line };
}
