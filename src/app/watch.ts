import { hostname } from "node:os";
import type { App } from "#app/compose.ts";
import { createSubscribers } from "#app/notifiers.ts";
import type { Configuration } from "#config/configuration.ts";
import { CancelledError } from "#core/errors.ts";
import type { Clock, Log } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import { createNotifications, type Notifications } from "#notify/notifications.ts";
import type { OnDelivery } from "#notify/standing.ts";
import { Chronicle } from "#state/chronicle.ts";
import { familiesOf, type Subjects } from "#state/initial-state.ts";
import type { Happening } from "#state/happening.ts";
import { type ExpiringAccount, expiryHappenings } from "#state/token-expiry.ts";

/** What listens to a daemon's engine, keeps its state and tells of it. */
export interface Watch {
  readonly chronicle: Chronicle;
  readonly notifications: Notifications;
  /** Tells of every delivery of theirs. */
  onDelivery(listener: OnDelivery): void;
  /** After the engine. */
  close(): Promise<void>;
}

/** Days are counted: an hour is soon enough. */
const LOOK_AT_TOKENS = milliseconds(3_600_000);

/**
 * Subscribes before the engine runs.
 *
 * @param speaks whether it is for this process to tell people; absent: always
 * @throws {ConfigError} when a notifier's secret is not of the form that its service gives out
 */
export function watchEngine(
  app: App,
  configuration: Configuration,
  log: Log,
  speaks: (happening: Happening | "beat") => boolean = () => true,
): Watch {
  const { clock, random } = app.ports;
  const chronicle = new Chronicle({
    subjects: subjectsOf(app, configuration),
    archive: app.store,
    clock,
    budgetOf: (name) => app.providers.get(name)?.budget?.(),
  });
  const subscribers = createSubscribers(configuration, app.ports);
  const deliveries: OnDelivery[] = [];
  const onDelivery: OnDelivery = (...delivery) => {
    for (const listener of deliveries) listener(...delivery);
  };
  const notifications = createNotifications({
    subscribers,
    clock,
    random,
    log,
    host: hostname(),
    onDelivery,
  });
  app.engine.subscribe(chronicle.learn);
  chronicle.subscribe(({ event, happenings, state }) => {
    for (const happening of happenings) if (speaks(happening)) notifications.tell(happening);
    const isBeat = event?.kind === "round-ended" && !event.summary.crashed;
    if (isBeat && speaks("beat")) notifications.beat(state);
  });
  const stop = new AbortController();
  const looking = lookAtTokens([...configuration.providers.values()], { chronicle, clock }, stop.signal);
  return {
    chronicle,
    notifications,
    onDelivery: (listener) => void deliveries.push(listener),
    async close() {
      stop.abort();
      await looking;
      chronicle.close();
      await notifications.close();
    },
  };
}

/** Tells of each stage of a token's end once, until the signal. */
export async function lookAtTokens(
  accounts: readonly ExpiringAccount[],
  { chronicle, clock }: { readonly chronicle: Pick<Chronicle, "tell">; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  let since: Date | undefined;
  try {
    for (;;) {
      const now = clock.date();
      for (const happening of expiryHappenings(accounts, { since, now })) {
        chronicle.tell(happening);
      }
      since = now;
      await clock.sleep(LOOK_AT_TOKENS, signal);
    }
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
  }
}

function subjectsOf({ providers, sources }: App, configuration: Configuration): Subjects {
  const { records } = configuration;
  return {
    families: familiesOf(records),
    records,
    providers: [...configuration.providers].flatMap(([name, { definition }]) => {
      const provider = providers.get(name);
      const { id: type, title, docsUrl } = definition;
      return provider ? [{ name, type, title, docsUrl, limit: provider.capabilities.pacing }] : [];
    }),
    witnesses: sources.flatMap((source) => source.witnesses()),
  };
}
