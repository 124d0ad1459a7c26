import { type Milliseconds, milliseconds, toMilliseconds } from "#core/units.ts";
import type { SharedObject } from "#kubernetes/cluster/shared-object.ts";
import type { AloneReason, ClusterRole } from "#state/cluster.ts";

export interface Circumstances {
  readonly isLeader: boolean;
  /** It led, could not renew its Lease, and has heard of no other leader since. */
  readonly isCutOff: boolean;
  /** For how long it has not been found out who leads; 0: it is known. */
  readonly dark: Milliseconds;
  /** It is one of the few that are to lead next: the others need not look, too. */
  readonly isKeen: boolean;
  readonly object: Pick<SharedObject, "age" | "sight" | "standing">;
}

export interface RoleNow {
  readonly role: ClusterRole;
  /** When to look again, if nothing happens before; `undefined`: time alone changes nothing. */
  readonly within: Milliseconds | undefined;
}

/** A leader makes or mends the object within a second; a new one takes up to 25 s, and more when it has to detect. */
const PATIENCE = milliseconds(30_000);

/**
 * What a node does.
 *
 * ```
 * leads     yes                                    leading
 * cut off   yes                                    alone (unrenewed)
 * object    not seen yet, for less than 30 s       following
 *           not seen yet                           alone (unreachable)
 *           absent or malformed, less than 30 s    following
 *           absent, malformed                      alone (absent, malformed)
 *           present, told within its validity,
 *             keen, and in the dark for 30 s       alone (unreachable)
 *           present, told within its validity      following
 *           present, older                         alone (stale)
 * ```
 */
export function roleIn({ isLeader, isCutOff, dark, isKeen, object }: Circumstances): RoleNow {
  if (isLeader) return { role: { kind: "leading" }, within: undefined };
  if (isCutOff) return { role: { kind: "alone", because: "unrenewed" }, within: undefined };
  const { sight, age, standing } = object;
  if (sight.kind === "present") {
    const told = following(age, toMilliseconds(sight.shared.validFor), "stale");
    if (!isKeen || dark === 0 || told.role.kind === "alone") return told;
    return sooner(following(dark, PATIENCE, "unreachable"), told);
  }
  return following(standing, PATIENCE, sight.kind === "unseen" ? "unreachable" : sight.kind);
}

function sooner(one: RoleNow, other: RoleNow): RoleNow {
  return (one.within ?? 0) < (other.within ?? 0) ? one : other;
}

function following(spent: Milliseconds, limit: Milliseconds, because: AloneReason): RoleNow {
  if (spent > limit) return { role: { kind: "alone", because }, within: undefined };
  return { role: { kind: "following" }, within: milliseconds(limit - spent + 1) };
}
