import { createHash } from "node:crypto";
import type { RecordId } from "#core/record.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";

/**
 * How long a node leaves a record to the one before it: longer than the leader needs for a change, and than a new one
 * needs to be there and to make it.
 */
export const TURN = milliseconds(20_000);
/** Of nodes that know of no other one: they spread by chance, as much as that. */
const STRANGERS = 16;

/**
 * In which order nodes try to make a record right: the leader first, then by rendezvous hashing (Thaler and Ravishankar,
 * 1998), which all compute alike and which spreads records over nodes. Those that tried and could not are left out.
 */
export function orderOfTurns(record: RecordId, shared: SharedAddress, me: string): readonly string[] {
  const others = [...new Set([...shared.members, me])].filter((node) => node !== shared.leader);
  const ordered = others
    .map((node) => ({ node, weight: weightOf(record, node) }))
    .toSorted((a, b) => b.weight - a.weight || (a.node < b.node ? -1 : 1))
    .map(({ node }) => node);
  const passed = shared.passed.get(record) ?? [];
  return [shared.leader, ...ordered].filter((node) => !passed.includes(node));
}

/** Whose turn comes how long after the last that was heard of a record. */
export interface Turn {
  readonly wait: Milliseconds;
  /** Who goes before, for people. */
  readonly before: string;
}

/** @returns `undefined`: this node tried already, and has to wait until all have tried */
export function turnOf(record: RecordId, shared: SharedAddress, me: string): Turn | undefined {
  const order = orderOfTurns(record, shared, me);
  const position = order.indexOf(me);
  if (position < 0) return undefined;
  return { wait: milliseconds(position * TURN), before: order[position - 1] ?? "nobody" };
}

/**
 * Of a node that detects for itself. It hears nothing of others, so it gives each of those before it their time, and one
 * turn more to a leader that it may not know of.
 *
 * @param shared as it was seen last; `undefined`: never
 */
export function turnAlone(record: RecordId, shared: SharedAddress | undefined, me: string): Turn {
  if (!shared) {
    const position = Math.floor(weightOf(record, me) * STRANGERS);
    return { wait: milliseconds((1 + position) * TURN), before: "another node" };
  }
  const order = orderOfTurns(record, { ...shared, passed: new Map() }, me);
  const position = order.indexOf(me);
  return {
    wait: milliseconds((1 + position) * TURN),
    before: order[position - 1] ?? "a leader that is not seen",
  };
}

/** Whether a node is among the first to be leader next: the others leave the Lease in peace. */
export function isKeen(shared: SharedAddress | undefined, me: string, first: number): boolean {
  if (!shared) return true;
  return orderOfTurns("leader/A", { ...shared, passed: new Map() }, me).indexOf(me) <= first;
}

/** Uniform in [0, 1). */
function weightOf(record: RecordId, node: string): number {
  const digest = createHash("sha256").update(`${record}\n${node}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
