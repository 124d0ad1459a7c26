import { type App, compose } from "#app/compose.ts";
import type { Configuration } from "#config/configuration.ts";
import { describeProblem } from "#config/findings.ts";
import { FAMILIES, type Family } from "#core/address.ts";
import { describeError } from "#core/errors.ts";
import { rejectionReason } from "#core/observation.ts";
import type { Clock, Log } from "#core/ports.ts";
import type { Prefix } from "#core/prefix.ts";
import { familyOf } from "#core/record.ts";
import { elapsed, milliseconds } from "#core/units.ts";
import type { WitnessPort } from "#core/witness.ts";
import { familyLabel, roundMs } from "#report/verdict.ts";

/**
 * One thing that was looked at, in plain words. A `warning` is one of many, or works and could be better; a
 * `problem` keeps a record from being right.
 */
export interface Finding {
  readonly result: "ok" | "problem" | "warning";
  readonly subject: string;
  readonly words: string;
}

/** What one witness said, and who it is. */
interface WitnessFinding {
  readonly family: Family;
  readonly witness: WitnessPort;
  readonly finding: Finding;
}

const PATIENCE = milliseconds(5000);

export interface ExamineOptions {
  readonly log: Log;
  readonly cacheFolder: string | undefined;
  /** Told of each finding as it comes. */
  readonly onFinding?: ((finding: Finding) => void) | undefined;
}

/** Asks every witness and every provider, with reads alone. */
export async function examine(
  configuration: Configuration,
  { onFinding = () => {}, ...options }: ExamineOptions,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const app = await compose(
    { ...configuration, store: false },
    { ...options, isDaemon: false, dryRun: true },
  );
  const families = FAMILIES.filter((family) =>
    configuration.records.some(({ type }) => familyOf(type) === family),
  );
  try {
    const warnings = configuration.warnings.map((warning) => ({
      result: "warning" as const,
      subject: "configuration",
      words: describeProblem(warning),
    }));
    const told = <One extends Finding>(findings: readonly One[]) => {
      for (const finding of findings) onFinding(finding);
      return findings;
    };
    told(warnings);
    const asked = await askWitnesses(app, families, configuration, onFinding, signal);
    const accounts = await checkProviders(app, configuration, onFinding, signal);
    const quorums = told(families.map((family) => quorumFinding(family, asked, configuration)));
    return [...warnings, ...asked.map(({ finding }) => finding), ...accounts, ...quorums];
  } finally {
    await app.close();
  }
}

async function askWitnesses(
  { sources, ports }: App,
  families: readonly Family[],
  { consensus }: Configuration,
  onFinding: (finding: Finding) => void,
  signal: AbortSignal,
): Promise<readonly WitnessFinding[]> {
  await Promise.all(sources.map(async (source) => source.prepare?.(families, signal)));
  const witnesses = sources.flatMap((source) => source.witnesses());
  const questions = families.flatMap((family) =>
    witnesses
      .filter((witness) => witness.families.includes(family))
      .map(async (witness): Promise<WitnessFinding> => {
        const subject = `${familyLabel(family)} ${witness.id} (${witness.operator})`;
        const said = await askOne(witness, family, { clock: ports.clock, ...consensus }, signal);
        const finding = { subject, ...said };
        onFinding(finding);
        return { family, witness, finding };
      }),
  );
  return Promise.all(questions);
}

async function askOne(
  witness: WitnessPort,
  family: Family,
  { clock, allowRanges }: { readonly clock: Clock; readonly allowRanges: readonly Prefix[] },
  signal: AbortSignal,
): Promise<Omit<Finding, "subject">> {
  const startedAt = clock.now();
  const patience = AbortSignal.timeout(PATIENCE);
  try {
    const testimony = await witness.ask(family, AbortSignal.any([signal, patience]));
    const reason = rejectionReason(family, testimony, allowRanges);
    const { text } = testimony.address;
    if (reason) return { result: "warning", words: `says ${text}, which cannot be published: ${reason}` };
    return { result: "ok", words: `says ${text} (${roundMs(elapsed(startedAt, clock.now()))} ms)` };
  } catch (error) {
    const isLate = patience.aborted && !signal.aborted;
    const words = isLate ? `gives no answer within ${PATIENCE / 1000} s` : describeError(error);
    return { result: "warning", words };
  }
}

async function checkProviders(
  { providers }: App,
  { records }: Configuration,
  onFinding: (finding: Finding) => void,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const accounts = [...providers].map(async ([name, provider]): Promise<readonly Finding[]> => {
    const subject = `provider ${name}`;
    const told = (findings: readonly Finding[]) => {
      for (const finding of findings) onFinding(finding);
      return findings;
    };
    try {
      const sentences = await provider.check(
        records.filter((record) => record.provider === name),
        signal,
      );
      return told(sentences.map((words) => ({ result: "ok" as const, subject, words })));
    } catch (error) {
      return told([{ result: "problem", subject, words: describeError(error) }]);
    }
  });
  return (await Promise.all(accounts)).flat();
}

/** Whether enough operators are left, whoever fails. */
function quorumFinding(
  family: Family,
  asked: readonly WitnessFinding[],
  { consensus }: Configuration,
): Finding {
  const needed = consensus.rule.kind === "quorum" ? consensus.rule.quorum : 1;
  const answering = asked.filter((one) => one.family === family && one.finding.result === "ok");
  const { size } = new Set(answering.map(({ witness }) => witness.operator));
  const subject = `${familyLabel(family)} quorum`;
  const words = `${size} ${size === 1 ? "operator answers" : "operators answer"}, ${needed} have to agree`;
  if (size >= needed) return { result: "ok", subject, words };
  const advice =
    size === 0
      ? `does this host have ${familyLabel(family)} to the Internet, and does a firewall let it out?`
      : "add sources, or see whether a firewall is in the way";
  return { result: "problem", subject, words: `${words}: ${advice}` };
}
