import { CancelledError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import { type DesiredRecord, type RecordId, recordId, type RecordSet } from "#core/record.ts";
import type { Store } from "#core/store.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import type { Authority, Verification } from "#core/verification.ts";
import { withDeadline } from "#engine/deadline.ts";

export interface VerificationsContext {
  readonly authority: Authority;
  readonly deadline: Milliseconds;
  readonly store: Store;
  readonly clock: Clock;
  readonly onBug: (error: unknown) => void;
  readonly onVerified: (round: number, record: DesiredRecord, result: Verification) => void;
}

/** A set that was just written, and when the history says so. */
export interface Written {
  readonly round: number;
  readonly record: DesiredRecord;
  readonly set: RecordSet;
  readonly at: Date;
}

/** Asking the zone's own servers in the background whether they have what was written. */
export class Verifications {
  readonly #context: VerificationsContext;
  readonly #underWay = new Map<RecordId, { readonly done: Promise<void>; readonly stop: AbortController }>();

  constructor(context: VerificationsContext) {
    this.#context = context;
  }

  /** A later write to the same record ends the question about the earlier one. */
  start(written: Written): void {
    // What a proxy answers is not what was written
    if (written.set.proxied) return;
    const id = recordId(written.record);
    this.#underWay.get(id)?.stop.abort();
    const stop = new AbortController();
    const done = this.#verify(written, stop.signal).finally(() => {
      if (this.#underWay.get(id)?.stop === stop) this.#underWay.delete(id);
    });
    this.#underWay.set(id, { done, stop });
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#underWay.values()].map(({ done }) => done));
  }

  async stop(): Promise<void> {
    for (const { stop } of this.#underWay.values()) stop.abort();
    await this.settled();
  }

  /** Never rejects. */
  async #verify({ round, record, set, at }: Written, signal: AbortSignal): Promise<void> {
    const { authority, clock, deadline, store, onBug, onVerified } = this.#context;
    // The authority keeps the deadline; this is for the day it does not
    const within = milliseconds(deadline * 2);
    try {
      const result = await withDeadline(clock, { within }, signal, (inner) =>
        authority.verify(set, deadline, inner),
      );
      if (signal.aborted) return;
      onVerified(round, record, result);
      if (result.kind === "converged") store.setConverged(recordId(record), at, result.took);
    } catch (error) {
      if (!signal.aborted && !(error instanceof CancelledError)) onBug(error);
    }
  }
}
