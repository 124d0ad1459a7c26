import { createHash } from "node:crypto";
import type { RecordId } from "#core/record.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";

/**
 * How long a node leaves a record to the one before it: longer than the leader needs for a change, and than a new one
 * needs to be there and to make it.
 */
export const TURN = milliseconds(20_000);
/** How far nodes spread by chance that no leader counts on, or that know of no other: so many turns. */
const STRANGERS = 16;
/** Where several could not, others may not either: the next waits, and twice as long after each. */
const [SECOND_TRY, LONGEST_WAIT] = [2000, 60_000];

/**
 * In which order nodes try to make a record right: the leader first, then by rendezvous hashing (Thaler and Ravishankar,
 * 1998), which all compute alike and which spreads records over nodes. Those that tried and could not come last, in the
 * order in which they tried.
 */
export function orderOfTurns(record: RecordId, shared: SharedAddress): readonly string[] {
  const ordered = [...new Set(shared.members)]
    .filter((node) => node !== shared.leader)
    .map((node) => ({ node, weight: weightOf(record, node) }))
    .toSorted((a, b) => b.weight - a.weight || (a.node < b.node ? -1 : 1))
    .map(({ node }) => node);
  const all = [shared.leader, ...ordered];
  const [known, passed] = [new Set(all), new Set(shared.passed.get(record))];
  return [...all.filter((node) => !passed.has(node)), ...[...passed].filter((node) => known.has(node))];
}

/** Whose turn comes how long after the last that was heard of a record. */
export interface Turn {
  readonly wait: Milliseconds;
  /** Who goes before, for people. */
  readonly before: string;
}

/** Of a node that follows: one that the object still calls the leader leaves it to all others, of whom one may lead. */
export function turnOf(record: RecordId, shared: SharedAddress, me: string): Turn {
  const order = orderOfTurns(record, shared);
  const { position, before } =
    shared.leader === me ? { position: order.length, before: order.at(-1) } : placeIn(order, record, me);
  const tries = shared.passed.get(record)?.length ?? 0;
  const pause = tries < 2 ? 0 : Math.min(SECOND_TRY * 2 ** (tries - 2), LONGEST_WAIT);
  return { wait: milliseconds(position * TURN + pause), before: before ?? "nobody" };
}

/**
 * Of a node that detects for itself. It hears nothing of others, so it gives each of those before it their time, and one
 * turn more to a leader that it may not know of.
 *
 * @param shared as it was seen last; `undefined`: never
 */
export function turnAlone(record: RecordId, shared: SharedAddress | undefined, me: string): Turn {
  const order = shared ? orderOfTurns(record, { ...shared, passed: new Map() }) : [];
  const { position, before } = placeIn(order, record, me);
  const unseen = shared ? "a leader that is not seen" : "another node";
  return { wait: milliseconds((1 + position) * TURN), before: before ?? unseen };
}

/** Whether a node is among the first to be leader next: the others leave the Lease in peace. */
export function isKeen(shared: SharedAddress | undefined, me: string, first: number): boolean {
  if (!shared) return true;
  const all = { ...shared, members: [...shared.members, me], passed: new Map() };
  return orderOfTurns("leader/A", all).indexOf(me) <= first;
}

/** Nodes that nobody knows of come after all others, and spread: there may be many of them. */
function placeIn(
  order: readonly string[],
  record: RecordId,
  me: string,
): { readonly position: number; readonly before: string | undefined } {
  const known = order.indexOf(me);
  const position = known < 0 ? order.length + weightOf(record, me) * STRANGERS : known;
  return { position, before: order[(known < 0 ? order.length : known) - 1] };
}

/** Uniform in [0, 1). */
function weightOf(record: RecordId, node: string): number {
  const digest = createHash("sha256").update(`${record}\n${node}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
