import { z } from "zod";
import type { AuditEntry } from "./audit-log.ts";

/** A version of the Lease, by the request that made it. */
export interface LeaseWrite {
  /** When the request was received; others count from then at the earliest. */
  readonly at: number;
  readonly pod: string;
  /** Empty: given back. */
  readonly holder: string;
}

/** A version of the shared address, by the request that made it. */
export interface AddressWrite {
  readonly at: number;
  readonly pod: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly address: string;
  /** A leader tells what it has detected; the others, and itself in between, note what became of records. */
  readonly isTold: boolean;
}

const lease = z.object({ spec: z.object({ holderIdentity: z.string().default("") }) });
const shared = z.object({
  data: z.object({
    epoch: z.coerce.number(),
    sequence: z.coerce.number(),
    current_ip: z.string(),
    detected_at: z.string(),
  }),
});

/** In the order in which they came about: each rests on the one before, or is refused. */
export function leaseWrites(entries: readonly AuditEntry[]): readonly LeaseWrite[] {
  return madeBy(entries, "leases").flatMap(({ at, pod, body }) => {
    const { data } = lease.safeParse(body);
    return data ? [{ at, pod, holder: data.spec.holderIdentity }] : [];
  });
}

/** @param name of the ConfigMap */
export function addressWrites(
  entries: readonly AuditEntry[],
  name = "esddns-wan-ip",
): readonly AddressWrite[] {
  const writes: AddressWrite[] = [];
  let detected = "";
  for (const { at, pod, body, name: of } of madeBy(entries, "configmaps")) {
    const { data } = shared.safeParse(body);
    if (!data || of !== name) continue;
    const { epoch, sequence, current_ip: address, detected_at: detectedAt } = data.data;
    const isTold = writes.at(-1)?.epoch !== epoch || detectedAt !== detected;
    detected = detectedAt;
    writes.push({ at, pod, epoch, sequence, address, isTold });
  }
  return writes;
}

function madeBy(entries: readonly AuditEntry[], resource: string): readonly AuditEntry[] {
  return entries.filter(
    ({ resource: of, verb, code }) =>
      of === resource && (verb === "update" || verb === "create") && code < 300,
  );
}

/** From one holder to the next who was not given it: how long the first one had not renewed. In milliseconds. */
export function takeovers(writes: readonly LeaseWrite[]): readonly number[] {
  return writes.flatMap(({ at, holder }, index) => {
    const before = writes[index - 1];
    const isTaken = before && before.holder !== "" && holder !== "" && holder !== before.holder;
    return isTaken ? [at - before.at] : [];
  });
}

/** Who held the Lease at a moment, as its latest version says. */
export function holderAt(writes: readonly LeaseWrite[], at: number): LeaseWrite | undefined {
  return writes.findLast((write) => write.at <= at);
}

/** What a leader told after another one had the Lease, or longer after its last renewal than it may lead. */
export function unentitled(
  told: readonly AddressWrite[],
  writes: readonly LeaseWrite[],
): readonly AddressWrite[] {
  return told.filter(({ at, pod, isTold }) => {
    const held = holderAt(writes, at);
    return isTold && (held?.pod !== pod || held.holder === "" || at - held.at > LEADS_FOR + TRANSIT);
  });
}

/** After its last renewal, and not longer (`renewDeadline`). */
const LEADS_FOR = 10_000;
/** From the look at the clock to the API server. */
const TRANSIT = 2000;
