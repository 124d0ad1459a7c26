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

/** Those among whom this process is. */
export interface Company {
  /** Whether it is for this process to tell people. */
  speaks(what: Happening | "beat"): boolean;
  happened(happening: Happening): void;
}

/** Days are counted: an hour is soon enough. */
const LOOK_AT_TOKENS = milliseconds(3_600_000);
/** Where somebody else is to tell of it, that may be us by then. */
const LOOK_AGAIN = milliseconds(60_000);
const ALONE: Company = { speaks: () => true, happened: () => {} };

/**
 * Subscribes before the engine runs.
 *
 * @param company absent: this process speaks for itself
 * @throws {ConfigError} when a notifier's secret is not of the form that its service gives out
 */
export function watchEngine(app: App, configuration: Configuration, log: Log, company = ALONE): Watch {
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
    for (const happening of happenings) {
      company.happened(happening);
      if (company.speaks(happening)) notifications.tell(happening);
    }
    const isBeat = event?.kind === "round-ended" && !event.summary.crashed;
    if (isBeat && company.speaks("beat")) notifications.beat(state);
  });
  const stop = new AbortController();
  const accounts = [...configuration.providers.values()];
  const looking = lookAtTokens(accounts, { chronicle, clock, company }, stop.signal);
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

interface TokenWatch {
  readonly chronicle: Pick<Chronicle, "tell">;
  readonly clock: Clock;
  readonly company: Pick<Company, "speaks">;
}

/** Tells of each stage of a token's end once, until the signal; as soon as it is for this process to tell it. */
export async function lookAtTokens(
  accounts: readonly ExpiringAccount[],
  { chronicle, clock, company }: TokenWatch,
  signal: AbortSignal,
): Promise<void> {
  let since: Date | undefined;
  try {
    for (;;) {
      const now = clock.date();
      const happenings = expiryHappenings(accounts, { since, now });
      const isOurs = happenings.every((one) => company.speaks(one));
      if (isOurs) {
        for (const happening of happenings) chronicle.tell(happening);
        since = now;
      }
      await clock.sleep(isOurs ? LOOK_AT_TOKENS : LOOK_AGAIN, signal);
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
