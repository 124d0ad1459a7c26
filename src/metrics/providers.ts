import type { Listener } from "#engine/events.ts";
import { PROVIDERS } from "#metrics/definitions.ts";
import type { Instruments } from "#metrics/instruments.ts";
import type { State } from "#state/state.ts";

const RESULTS = ["ok", "failed", "refused", "unconfirmed"] as const;

/** Counts calls to providers. */
export function watchProviders(instruments: Instruments, state: () => State): Listener {
  const calls = instruments.counter(PROVIDERS.calls, () =>
    state().providers.flatMap(({ name: provider }) =>
      RESULTS.flatMap((result) => [
        { provider, operation: "apply", result },
        { provider, operation: "read", result },
      ]),
    ),
  );
  const updateTime = instruments.histogram(PROVIDERS.updateTime);
  return (event) => {
    if (event.kind !== "called") return;
    const { provider, operation, result, took } = event;
    calls({ provider, operation, result });
    if (operation === "apply") updateTime({ provider }, took);
  };
}
