import type { FamilyState, WitnessState } from "#state/state.ts";

/**
 * Whether the latest verdict is the word of a cluster's leader: this process has asked nobody else. What it knows of other
 * witnesses is then from a time when it led, or detected for itself.
 */
export function isTold({ decided }: FamilyState): boolean {
  const observations = decided?.verdict.observations ?? [];
  return observations.some(({ witness }) => witness.source === "cluster");
}

/** Those that the latest verdict could rest on: the leader's word alone, or everybody but it. */
export function currentWitnesses(
  witnesses: readonly WitnessState[],
  family: FamilyState,
): readonly WitnessState[] {
  const own = witnesses.filter((each) => each.family === family.family);
  if (!family.decided) return own;
  const told = isTold(family);
  return own.filter(({ witness }) => (witness.source === "cluster") === told);
}
