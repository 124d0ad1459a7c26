import type { Plan } from "#core/plan.ts";
import type { Log } from "#core/ports.ts";
import type { Archive } from "#core/store.ts";
import type { Feed } from "#service/feed.ts";
import type { LabControls } from "#lab/controls.ts";
import type { ClusterState } from "#state/cluster.ts";
import type { State } from "#state/state.ts";

/** One thing that the doctor looked at. */
export interface Finding {
  readonly result: "ok" | "problem" | "warning";
  readonly subject: string;
  readonly words: string;
}

/** A value that is in force, in the file's form, secrets masked. */
export interface EffectiveValue {
  /** Dotted, e.g. `schedule.interval`. */
  readonly path: string;
  readonly value: boolean | number | string | null;
  /** E.g. `default`, `esddns.yaml:12`, `$ESDDNS_STORE`. */
  readonly origin: string;
}

/** One thing that is wrong with the file as it is now, or could be better. */
export interface ConfigurationNote {
  readonly severity: "problem" | "warning";
  readonly words: string;
  readonly line?: number | undefined;
}

export interface ConfigurationReport {
  readonly file: string;
  readonly values: readonly EffectiveValue[];
  /** Of the file as it is on the disk now; problems keep the values above in force until they are gone. */
  readonly notes: readonly ConfigurationNote[];
}

/** A configured notifier, and how its deliveries go. */
export interface NotifierView {
  readonly name: string;
  readonly type: string;
  readonly lastSuccess: Date | undefined;
  /** What went wrong last, until something went right. */
  readonly trouble:
    | { readonly at: Date; readonly words: string; readonly hint?: string | undefined }
    | undefined;
}

/** What a person can ask the daemon to do. Each is a thing that a signal or a command could do as well. */
export interface Operations {
  /** Resolves when the round is over. */
  round(signal: AbortSignal): Promise<void>;
  /** What a round would do now; writes nothing. */
  plan(signal: AbortSignal): Promise<Plan>;
  /** Asks every witness and provider, with reads alone, and yields findings as they come. */
  doctor(signal: AbortSignal): AsyncIterable<Finding>;
  configuration(): Promise<ConfigurationReport>;
  notifiers(): readonly NotifierView[];
  /** Sends a test message. @throws {EsddnsError} (rejects) with what to do about it */
  testNotifier(name: string, signal: AbortSignal): Promise<void>;
}

/** Everything that pages and API are made from. */
export interface ServiceContext {
  readonly state: () => State;
  readonly archive: Archive;
  readonly feed: Feed;
  readonly operations: Operations;
  readonly now: () => Date;
  readonly log: Log;
  /** Every page says that nobody is asked for a password. */
  readonly isInsecure: boolean;
  /** Only of a daemon in the lab. */
  readonly lab?: LabControls | undefined;
  /** Only of a pod in a cluster. */
  readonly cluster?: (() => ClusterState) | undefined;
  /** Somebody looks at it: what costs requests is then asked for again, and told as a change. */
  readonly lookAtCluster?: (() => void) | undefined;
  /** Text of /metrics, its content type. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
}
