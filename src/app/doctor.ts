import { compose } from "#app/compose.ts";
import type { Configuration } from "#config/configuration.ts";
import { describeProblem } from "#config/findings.ts";
import { FAMILIES, type Family } from "#core/address.ts";
import { describeError } from "#core/errors.ts";
import { rejectionReason } from "#core/observation.ts";
import type { Log } from "#core/ports.ts";
import { familyOf } from "#core/record.ts";
import { elapsed, milliseconds } from "#core/units.ts";
import type { WitnessPort } from "#core/witness.ts";
import { familyLabel, roundMs } from "#report/verdict.ts";

/** One thing that was looked at, in plain words. */
export interface Finding {
  readonly ok: boolean;
  readonly subject: string;
  readonly words: string;
}

const PATIENCE = milliseconds(5000);

/** Asks every witness and every provider, with reads alone. */
export async function examine(
  configuration: Configuration,
  options: { readonly log: Log; readonly cacheFolder: string | undefined },
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const app = await compose(
    { ...configuration, store: false },
    { ...options, isDaemon: false, dryRun: true },
  );
  const families = FAMILIES.filter((family) =>
    configuration.records.some(({ type }) => familyOf(type) === family),
  );
  const { allowRanges } = configuration.consensus;
  const ask = async (witness: WitnessPort, family: Family): Promise<Finding> => {
    const subject = `${familyLabel(family)} ${witness.id} (${witness.operator})`;
    const startedAt = app.ports.clock.now();
    try {
      const testimony = await witness.ask(family, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]));
      const reason = rejectionReason(family, testimony, allowRanges);
      if (reason)
        return {
          ok: false,
          subject,
          words: `says ${testimony.address.text}, which cannot be published: ${reason}`,
        };
      return {
        ok: true,
        subject,
        words: `says ${testimony.address.text} (${roundMs(elapsed(startedAt, app.ports.clock.now()))} ms)`,
      };
    } catch (error) {
      return { ok: false, subject, words: describeError(error) };
    }
  };
  try {
    await Promise.all(app.sources.map(async (source) => source.prepare?.(families, signal)));
    const witnesses = app.sources.flatMap((source) => source.witnesses());
    const asked = await Promise.all(
      families.flatMap((family) =>
        witnesses
          .filter((witness) => witness.families.includes(family))
          .map(async (witness) => ask(witness, family)),
      ),
    );
    const accounts = await Promise.all(
      [...app.providers].map(async ([name, provider]): Promise<readonly Finding[]> => {
        const keys = configuration.records.filter((record) => record.provider === name);
        try {
          const sentences = await provider.check(keys, signal);
          return sentences.map((words) => ({ ok: true, subject: `provider ${name}`, words }));
        } catch (error) {
          return [{ ok: false, subject: `provider ${name}`, words: describeError(error) }];
        }
      }),
    );
    const warnings = configuration.warnings.map((warning) => ({
      ok: true,
      subject: "configuration",
      words: `works, but ${describeProblem(warning)}`,
    }));
    return [
      ...warnings,
      ...asked,
      ...accounts.flat(),
      ...quorumFindings(configuration, families, asked, witnesses),
    ];
  } finally {
    await app.close();
  }
}

/** Single witnesses may fail; what counts is whether enough operators are left. */
function quorumFindings(
  { consensus }: Configuration,
  families: readonly Family[],
  asked: readonly Finding[],
  witnesses: readonly WitnessPort[],
): readonly Finding[] {
  const needed = consensus.rule.kind === "quorum" ? consensus.rule.quorum : 1;
  return families.map((family) => {
    const label = familyLabel(family);
    const works = new Set(
      asked.filter(({ ok, subject }) => ok && subject.startsWith(label)).map(({ subject }) => subject),
    );
    const operators = new Set(
      witnesses
        .filter((witness) => works.has(`${label} ${witness.id} (${witness.operator})`))
        .map(({ operator }) => operator),
    );
    const ok = operators.size >= needed;
    const words = `${operators.size} operators answer, ${needed} have to agree`;
    return {
      ok,
      subject: `${label} quorum`,
      words: ok ? words : `${words}: add sources, or see whether a firewall is in the way`,
    };
  });
}
