import type { Clock } from "#core/ports.ts";
import type { Listener } from "#engine/events.ts";
import { showCluster } from "#metrics/cluster.ts";
import { SERVICE } from "#metrics/definitions.ts";
import { Instruments } from "#metrics/instruments.ts";
import { showState } from "#metrics/now.ts";
import { watchProcess } from "#metrics/process.ts";
import { watchProviders } from "#metrics/providers.ts";
import { watchRecords } from "#metrics/records.ts";
import { watchRounds } from "#metrics/rounds.ts";
import { watchWitnesses } from "#metrics/witnesses.ts";
import type { ClusterState } from "#state/cluster.ts";
import { HAPPENING_KINDS, type HappeningKind } from "#state/happening.ts";
import type { State } from "#state/state.ts";

export interface MetricsOptions {
  /** As it is now; asked when somebody reads the metrics, and at the start of a round. */
  readonly state: () => State;
  readonly clock: Clock;
  /** In bytes; `undefined` for a store in memory. */
  readonly storeSize: () => number | undefined;
  /** `service.metrics.address`. */
  readonly showsAddress: () => boolean;
  /** Names of the configured notifications. */
  readonly notifiers?: (() => readonly string[]) | undefined;
  /** Only in a cluster. */
  readonly cluster?: (() => ClusterState) | undefined;
}

/** One HTTP request that was answered. */
export interface AnsweredRequest {
  readonly method: string;
  /** The pattern of its route, e.g. `/assets/{file}`; absent: there is none for it. */
  readonly endpoint: string | undefined;
  readonly status: number;
}

/** Counters outlive a new configuration: one for each process. */
export interface Metrics {
  /** Of the engine's events. */
  readonly listener: Listener;
  /** For what is worth telling a person. */
  happened(happening: { readonly kind: HappeningKind }): void;
  answered(request: AnsweredRequest): void;
  /** What became of one message in the end. */
  notified(notifier: string, result: DeliveryResult): void;
  /** A reader of an event stream came. @returns to be called when it is gone */
  readerCame(): () => void;
  /** What /metrics answers. */
  render(): Promise<{ readonly type: string; readonly text: string }>;
  close(): void;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { state, clock, storeSize, showsAddress, notifiers = () => [], cluster } = options;
  const instruments = new Instruments();
  const listeners = [
    watchRounds(instruments, { state, clock }),
    watchWitnesses(instruments),
    watchRecords(instruments, { state, clock }),
    watchProviders(instruments, state),
  ];
  showState(instruments, { state, clock, showsAddress });
  if (cluster) showCluster(instruments, { cluster, clock });
  const { close } = watchProcess(instruments, storeSize);
  return {
    listener: (event) => {
      for (const listener of listeners) listener(event);
    },
    ...watchService(instruments, notifiers),
    render: () => instruments.render(),
    close,
  };
}

/** `failed`: after the last attempt; `dropped`: to make room for newer ones. */
const DELIVERY_RESULTS = ["dropped", "failed", "sent"] as const;

type DeliveryResult = (typeof DELIVERY_RESULTS)[number];

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST"]);

function watchService(
  instruments: Instruments,
  notifiers: () => readonly string[],
): Pick<Metrics, "answered" | "happened" | "notified" | "readerCame"> {
  const requests = instruments.counter(SERVICE.requests);
  const notifications = instruments.counter(SERVICE.notifications, () =>
    notifiers().flatMap((notifier) => DELIVERY_RESULTS.map((result) => ({ notifier, result }))),
  );
  const happenings = instruments.counter(SERVICE.happenings, () => HAPPENING_KINDS.map((kind) => ({ kind })));
  const readers = new Set<symbol>();
  instruments.gauge(SERVICE.readers, () => [[{}, readers.size]]);
  return {
    happened: ({ kind }) => happenings({ kind }),
    answered: ({ method, endpoint = "other", status }) =>
      requests({ method: METHODS.has(method) ? method : "other", endpoint, status: String(status) }),
    notified: (notifier, result) => notifications({ notifier, result }),
    readerCame: () => {
      const reader = Symbol("reader");
      readers.add(reader);
      return () => void readers.delete(reader);
    },
  };
}
