import type { Command } from "#cli/command.ts";
import { exitCodeOf } from "#cli/detect.ts";
import { EXIT, type ExitCode } from "#cli/exit.ts";
import { type OneRound, runOneRound } from "#cli/one-round.ts";
import { isSuccess } from "#core/outcome.ts";
import { recordId } from "#core/record.ts";
import type { Verification } from "#core/verification.ts";
import type { RoundSummary } from "#engine/events.ts";
import {
  describeDecision,
  describeOutcome,
  describeWithheld,
  reportOutcome,
  reportPlan,
} from "#report/plan.ts";
import { roundMs } from "#report/verdict.ts";

export const sync: Command = {
  options: { "dry-run": { type: "boolean" } },
  hasJson: true,
  positionals: [],
  usage: "esddns sync [--dry-run] [--json]",
  async run(invocation) {
    const { terminal, options, json } = invocation;
    const dryRun = options["dry-run"] === true;
    const round = await runOneRound(invocation, { dryRun });
    if (json) terminal.out(`${JSON.stringify(toJson(round), null, 2)}\n`);
    else terminal.out(`${toLines(round).join("\n")}\n`);
    return exitCode(round.summary, dryRun);
  },
};

/** A failed record before an unknown address: it is what the person has to see to. */
function exitCode({ plan, outcomes, withheld, verdicts, crashed }: RoundSummary, dryRun: boolean): ExitCode {
  const hasUnread = plan.some((decision) => decision.kind === "keep" && decision.reason.kind === "unread");
  const hasWithheld = withheld.some(
    ({ reason }) => reason.kind !== "dry-run" && reason.kind !== "ttl-not-kept",
  );
  const hasFailed = outcomes.some(({ outcome }) => !isSuccess(outcome));
  if (crashed || hasUnread || hasFailed || (hasWithheld && !dryRun)) return EXIT.failed;
  return exitCodeOf([...verdicts.values()]);
}

function toJson({ summary, published, verifications, verdictsJson }: OneRound) {
  return {
    ...verdictsJson,
    records: reportPlan(summary.plan),
    outcomes: published.map(({ change, outcome, took, sinceStart }) => ({
      name: change.record.name,
      type: change.record.type,
      ...reportOutcome(outcome),
      tookMs: roundMs(took),
      sinceStartMs: roundMs(sinceStart),
      verification: verifications.get(recordId(change.record))?.kind ?? null,
    })),
    withheld: summary.withheld.map(({ change, reason }) => ({
      name: change.record.name,
      type: change.record.type,
      reason: reason.kind,
    })),
    elapsedMs: roundMs(summary.took),
  };
}

function toLines({ summary, published, verifications, verdictLines, now }: OneRound): readonly string[] {
  const outcomes = new Map(published.map((event) => [recordId(event.change.record), event]));
  const withheld = new Map(summary.withheld.map((one) => [recordId(one.change.record), one.reason]));
  const records = summary.plan.flatMap((decision) => {
    const id = recordId(decision.record);
    const [outcome, held, verification] = [outcomes.get(id), withheld.get(id), verifications.get(id)];
    return [
      describeDecision(decision),
      ...(outcome
        ? [
            `  ${describeOutcome(outcome.outcome)} in ${roundMs(outcome.took)} ms${describeVerification(verification)}`,
          ]
        : []),
      ...(held ? [`  ${describeWithheld(held, now)}`] : []),
    ];
  });
  return [...verdictLines, ...records];
}

function describeVerification(verification: Verification | undefined): string {
  switch (verification?.kind) {
    case undefined:
      return "";
    case "converged":
      return `; every authoritative server has it after ${roundMs(verification.took)} ms`;
    case "incomplete":
      return `; not yet at ${verification.wrong.join(", ")}`;
    case "unverifiable":
      return `; not verified: ${verification.why}`;
  }
}
