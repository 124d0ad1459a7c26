import { describeError, EsddnsError } from "#core/errors.ts";
import type { Withheld } from "#core/policy.ts";
import type { EngineEvent } from "#engine/events.ts";
import { after, dateOf, type Moment } from "#state/moment.ts";
import type { ProviderState, State } from "#state/state.ts";

type Called = Extract<EngineEvent, { kind: "called" }>;

export function calledProvider(providers: State["providers"], event: Called, at: Moment): State["providers"] {
  return providers.map((each) => (each.name === event.provider ? called(each, event, at) : each));
}

/** That a change waits for its provider is how a pause shows. */
export function withheldProvider(
  providers: State["providers"],
  { change, reason }: Withheld,
  at: Moment,
): State["providers"] {
  if (reason.kind !== "back-off") return providers;
  const pausedUntil = dateOf(reason.until, at);
  return providers.map((each) => (each.name === change.record.provider ? { ...each, pausedUntil } : each));
}

function called(before: ProviderState, event: Called, at: Moment): ProviderState {
  const calls = counted(before.calls, event);
  if (event.result === "ok") {
    const isOver = before.trouble?.operation === event.operation;
    const trouble = isOver ? undefined : before.trouble;
    return { ...before, calls, lastSuccess: at.date, trouble, pausedUntil: undefined };
  }
  const { error } = event;
  const isOurs = error instanceof EsddnsError;
  const words = isOurs ? error.message : describeError(error);
  const wait = isOurs && typeof error.retry === "object" ? error.retry.after : undefined;
  return {
    ...before,
    calls,
    trouble: { operation: event.operation, at: at.date, words, hint: isOurs ? error.hint : undefined },
    pausedUntil: wait === undefined ? before.pausedUntil : after(at, wait),
  };
}

function counted(calls: ProviderState["calls"], { operation, result }: Called): ProviderState["calls"] {
  const index = calls.findIndex((each) => each.operation === operation && each.result === result);
  const before = calls[index];
  if (!before) return [...calls, { operation, result, count: 1 }];
  return calls.with(index, { ...before, count: before.count + 1 });
}
