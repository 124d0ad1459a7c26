import type { FamilyState, WitnessState } from "#state/state.ts";

/**
 * Whether the latest verdict is the word of a cluster's leader: this process has asked nobody else. What it knows of other
 * witnesses is then from a time when it led, or detected for itself.
 */
export function isTold({ decided }: FamilyState): boolean {
  const observations = decided?.verdict.observations ?? [];
  return observations.some(({ witness }) => witness.source === "cluster");
}

/** Whether the latest verdict could rest on it: on the leader's word alone, or on everybody but that. */
export function isCurrent({ witness }: WitnessState, family: FamilyState | undefined): boolean {
  return !family?.decided || (witness.source === "cluster") === isTold(family);
}

/** Of one family. */
export function currentWitnesses(
  witnesses: readonly WitnessState[],
  family: FamilyState,
): readonly WitnessState[] {
  return witnesses.filter((each) => each.family === family.family && isCurrent(each, family));
}
