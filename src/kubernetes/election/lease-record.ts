import type { Lease, LeaseSpec } from "#kubernetes/api/resource.ts";

/** What a Lease says about who leads. */
export interface LeaseRecord {
  /** Empty: nobody. */
  readonly holder: string;
  /** How long after its last renewal others leave it alone, in seconds. */
  readonly durationSeconds: number;
  /** MicroTimes of the holder's wall clock: written for people, never compared. */
  readonly acquireTime: string;
  readonly renewTime: string;
  /** How often it went to another holder. */
  readonly transitions: number;
}

/** What is absent is nobody, nothing and none, as in client-go (`resourcelock/leaselock.go`). */
export function readLease({ spec = {} }: Lease): LeaseRecord {
  return {
    holder: spec.holderIdentity ?? "",
    durationSeconds: spec.leaseDurationSeconds ?? 0,
    acquireTime: spec.acquireTime ?? "",
    renewTime: spec.renewTime ?? "",
    transitions: spec.leaseTransitions ?? 0,
  };
}

export function writeLease(record: LeaseRecord): LeaseSpec {
  return {
    holderIdentity: record.holder,
    leaseDurationSeconds: record.durationSeconds,
    acquireTime: record.acquireTime,
    renewTime: record.renewTime,
    leaseTransitions: record.transitions,
  };
}

export function isSameRecord(a: LeaseRecord, b: LeaseRecord): boolean {
  return (
    a.holder === b.holder &&
    a.durationSeconds === b.durationSeconds &&
    a.acquireTime === b.acquireTime &&
    a.renewTime === b.renewTime &&
    a.transitions === b.transitions
  );
}

/** The API's MicroTime: RFC 3339 with six decimals; any other number of them is refused. */
export function formatMicroTime(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}
