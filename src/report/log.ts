import type { Verdict } from "#core/consensus.ts";
import { describeError, EsddnsError } from "#core/errors.ts";
import type { Observation } from "#core/observation.ts";
import type { Change } from "#core/plan.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Withheld } from "#core/policy.ts";
import type { Clock, Log, LogFields } from "#core/ports.ts";
import { recordId, type RecordKey } from "#core/record.ts";
import type { EngineEvent, Listener } from "#engine/events.ts";
import { describeChange, describeOutcome, describeWithheld, REASON_WORDS } from "#report/plan.ts";
import { familyLabel, roundMs } from "#report/verdict.ts";

/**
 * The log of a running engine: one fixed sentence for each meaning, what varies in the fields. A round that
 * changes nothing is a line at debug; what a person has to know is at info and above.
 */
export function logEvents(log: Log, clock: Clock): Listener {
  const told = new OnceUntilChanged();
  return (event) => {
    switch (event.kind) {
      case "round-started":
        return log.debug("Round started", { round: event.round, trigger: event.trigger });
      case "asked":
        return undefined;
      case "observed":
        return logObservation(log, event, told);
      case "decided":
        return logVerdict(log, event, told);
      case "planned":
        return undefined;
      case "withheld":
        return logWithheld(log, event.withheld, clock, told);
      case "published":
        return logOutcome(log, event, told);
      case "verified":
        return logVerification(log, event);
      case "round-ended":
        return logKept(log, event, told);
      case "probed":
        return logProbe(log, event, told);
      case "quarantined":
        return log.warn("Witness quarantined", {
          witness: event.witness.id,
          reason: event.reason === "dissent" ? "it keeps contradicting the others" : "it keeps failing",
          minutes: Math.round(event.span / 60_000),
        });
      case "released":
        return log.info("Witness out of quarantine", { witness: event.witness.id });
      case "scheduled":
        return log.debug("Next", { next: event.next, withinMs: Math.round(event.within) });
      case "retrying":
        return log.info("No witness answered; asking again", {
          family: familyLabel(event.family),
          attempt: event.attempt,
          withinMs: Math.round(event.within),
        });
      // `decided` says it: disputed
      case "mismatch":
        return undefined;
      // What came of it has an event of its own
      case "called":
        return undefined;
      // The engine has logged it
      case "crashed":
        return undefined;
    }
  };
}

/** Lets a repeated state be logged once, until it is another one: an outage is two lines, not two thousand. */
class OnceUntilChanged {
  readonly #last = new Map<string, string>();

  isNews(subject: string, state: string): boolean {
    if (this.#last.get(subject) === state) return false;
    this.#last.set(subject, state);
    return true;
  }

  /** @returns whether anything was told of it */
  forget(subject: string): boolean {
    return this.#last.delete(subject);
  }
}

function logObservation(
  log: Log,
  { observation, look }: Extract<EngineEvent, { kind: "observed" }>,
  told: OnceUntilChanged,
): void {
  const fields = { witness: observation.witness.id, look, tookMs: roundMs(observation.elapsed) };
  switch (observation.kind) {
    case "seen":
      return log.debug("Witness answered", { ...fields, address: observation.testimony.address.text });
    case "rejected": {
      const { text } = observation.testimony.address;
      // Behind NAT the interface says it in every such round
      const subject = `rejected ${observation.family} ${observation.witness.id}`;
      log[told.isNews(subject, text) ? "info" : "debug"](
        "Witness named an address that cannot be published",
        { ...fields, address: text, reason: observation.reason },
      );
      return undefined;
    }
    case "failed":
      return log.debug("Witness failed", { ...fields, error: describeError(observation.error) });
    case "cancelled":
      return undefined;
  }
}

function logVerdict(
  log: Log,
  event: Extract<EngineEvent, { kind: "decided" }>,
  told: OnceUntilChanged,
): void {
  const { verdict } = event;
  const subject = familyLabel(verdict.family);
  const fields = {
    family: subject,
    ...verdictFields(verdict),
    tookMs: roundMs(event.took),
    ...(event.notes.length > 0 && { notes: event.notes }),
  };
  const isNews = told.isNews(subject, verdict.kind === "known" ? verdict.address.text : verdict.kind);
  if (verdict.kind === "known") {
    if (isNews) log.info("Public address", fields);
    else log.debug("Public address unchanged", fields);
    if (verdict.against.length > 0) log.warn("Witnesses contradict the public address", fields);
    return;
  }
  const message =
    verdict.kind === "disputed"
      ? "Witnesses disagree about the public address; records stay as they are"
      : "The public address is not known; records stay as they are";
  if (isNews) log.warn(message, fields);
  else log.debug(message, fields);
}

function verdictFields(verdict: Verdict): LogFields {
  switch (verdict.kind) {
    case "known":
      return {
        address: verdict.address.text,
        for: verdict.for.map(({ witness }) => witness.id),
        ...(verdict.against.length > 0 && {
          against: verdict.against.map(
            ({ witness, testimony }) => `${witness.id} says ${testimony.address.text}`,
          ),
        }),
      };
    case "disputed":
      return {
        positions: verdict.positions.map(
          ({ address, operators }) => `${address.text}: ${operators.join(", ")}`,
        ),
      };
    case "unavailable":
      return { reason: verdict.reason, ...exampleOf(verdict.observations) };
  }
}

/** What the first that failed met: a name that does not resolve is another fault than a line that is dead. */
function exampleOf(observations: readonly Observation[]): LogFields {
  const errors = observations.flatMap((each) => (each.kind === "failed" ? [describeError(each.error)] : []));
  return errors.length === 0 ? {} : { failed: errors.length, example: errors[0] };
}

/** What withholds a change withholds it in every round: the first one tells. */
function logWithheld(log: Log, { change, reason }: Withheld, clock: Clock, told: OnceUntilChanged): void {
  const why = describeWithheld(reason, clock.now());
  const state = "until" in reason ? reason.kind : why;
  const isNews = told.isNews(`withheld ${recordId(change.record)}`, state);
  // In a cluster all nodes but one wait for that one, at every change
  const level = isNews && reason.kind !== "turn" ? "warn" : "debug";
  log[level]("Change withheld", { ...recordFields(change), why });
}

/** @returns whether there was any */
function forgetTrouble(key: RecordKey, told: OnceUntilChanged): boolean {
  const subjects = [`withheld ${recordId(key)}`, `written ${recordId(key)}`];
  return subjects.map((subject) => told.forget(subject)).some(Boolean);
}

function logOutcome(
  log: Log,
  { change, outcome, took, sinceStart }: Extract<EngineEvent, { kind: "published" }>,
  told: OnceUntilChanged,
): void {
  const fields = {
    ...recordFields(change),
    change: describeChange(change),
    why: REASON_WORDS[change.reason],
    tookMs: roundMs(took),
    sinceStartMs: roundMs(sinceStart),
  };
  const level = () =>
    told.isNews(`written ${recordId(change.record)}`, describeOutcome(outcome)) ? "warn" : "debug";
  switch (outcome.kind) {
    case "applied":
      forgetTrouble(change.record, told);
      return log.info("Record written", fields);
    case "unchanged":
      forgetTrouble(change.record, told);
      return log.info("Record was right already; nothing was written", fields);
    case "unconfirmed":
      return log[level()]("Record sent, but the answer was lost; it is read again before the next write", {
        ...fields,
        error: describeError(outcome.error),
      });
    case "refused":
      return log.error(
        isPassing(outcome)
          ? "The provider refused the record; it is tried again in an hour, and on SIGHUP"
          : "The provider refused the record; it is left alone until the configuration or the secret changes",
        {
          ...fields,
          words: describeOutcome(outcome),
        },
      );
    case "failed":
      return log[level()]("Record not written; it is tried again", {
        ...fields,
        error: describeError(outcome.error),
      });
  }
}

function isPassing({ cause, mayPass }: Extract<Outcome, { kind: "refused" }>): boolean {
  return cause === "authentication" || mayPass === true;
}

function logVerification(log: Log, { record, result }: Extract<EngineEvent, { kind: "verified" }>): void {
  const fields = { record: `${record.name} ${record.type}` };
  switch (result.kind) {
    case "converged":
      return log.info("Every authoritative server has the record", {
        ...fields,
        servers: result.servers,
        tookMs: roundMs(result.took),
      });
    case "incomplete":
      return log.warn("Some authoritative servers do not have the record yet", {
        ...fields,
        right: result.right,
        wrong: result.wrong,
        tookMs: roundMs(result.took),
      });
    case "unverifiable":
      return log.info("The record could not be verified", { ...fields, why: result.why });
  }
}

function logKept(
  log: Log,
  { round, summary }: Extract<EngineEvent, { kind: "round-ended" }>,
  told: OnceUntilChanged,
): void {
  for (const decision of summary.plan) {
    const record = `${decision.record.name} ${decision.record.type}`;
    if (decision.kind === "in-sync" && forgetTrouble(decision.record, told)) {
      log.info("Record found right", { record, provider: decision.record.provider });
    }
    const error =
      decision.kind === "keep" && decision.reason.kind === "unread" ? decision.reason.error : undefined;
    // That a provider is left alone says nothing of why
    if (error instanceof EsddnsError && error.code === "paused") continue;
    const words = error === undefined ? "read" : describeError(error);
    if (!told.isNews(record, words) || error === undefined) continue;
    log.warn("Record could not be read; it stays as it is", { record, error: words });
  }
  const unchanged = summary.plan.filter(({ kind }) => kind === "in-sync").length;
  log.debug("Round ended", {
    round,
    tookMs: roundMs(summary.took),
    inSync: unchanged,
    records: summary.plan.length,
  });
}

function recordFields({ record }: Change): LogFields {
  return { record: `${record.name} ${record.type}`, provider: record.provider };
}

/**
 * A lost packet is no news, and nor is a line that stays dead or an IPv6 that was never there: what silence means
 * is for the round that follows to tell.
 */
function logProbe(log: Log, event: Extract<EngineEvent, { kind: "probed" }>, told: OnceUntilChanged): void {
  if (event.result === "silent") return log.debug("Probe: no answer", probeFields(event));
  const isNews = told.isNews(`probe ${event.family}`, event.result);
  if (event.result === "unchanged") return log.debug("Probe: unchanged", probeFields(event));
  log[isNews ? "info" : "debug"]("Probe: the address seems to have changed", probeFields(event));
}

function probeFields(event: Extract<EngineEvent, { kind: "probed" }>): LogFields {
  return { family: familyLabel(event.family), witness: event.witness.id, tookMs: roundMs(event.took) };
}
