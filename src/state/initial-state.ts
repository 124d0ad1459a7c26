import type { Family } from "#core/address.ts";
import type { Capabilities } from "#core/provider.ts";
import { type DesiredRecord, familyOf, type ProviderName, recordId } from "#core/record.ts";
import type { Archive, Belief } from "#core/store.ts";
import type { Witness } from "#core/witness.ts";
import type { Happening } from "#state/happening.ts";
import type { FamilyState, ProviderState, RecordState, State, WitnessState } from "#state/state.ts";

/** What a configuration says that is part of the state. */
export interface Subjects {
  readonly families: readonly Family[];
  readonly records: readonly DesiredRecord[];
  readonly providers: readonly {
    readonly name: ProviderName;
    readonly type: string;
    readonly title: string;
    readonly docsUrl?: string | undefined;
    readonly limit: Capabilities["pacing"];
  }[];
  /** Those that are offered from the start; others join when they are asked. */
  readonly witnesses: readonly Witness[];
}

/** The state before the first event: what an earlier process left behind. */
export function initialState(
  { families, records, providers, witnesses }: Subjects,
  archive: Pick<Archive, "beliefs" | "publishedIn">,
  lately: readonly Happening[],
  startedAt: Date,
): State {
  const beliefs = archive.beliefs();
  return {
    startedAt,
    families: families.map((family) => initialFamily(family, beliefs.get(family))),
    witnesses: families.flatMap((family) =>
      witnesses
        .filter((witness) => witness.families.includes(family) && !witness.probation)
        .map((witness) => newWitness(witness, family)),
    ),
    records: records.map((record) => initialRecord(record, archive)),
    providers: providers.map(initialProvider),
    round: undefined,
    lastRound: undefined,
    signOfLife: startedAt,
    next: {},
    lately,
  };
}

export function newWitness(witness: Witness, family: Family): WitnessState {
  return { witness, family, latest: undefined, differsSince: undefined, quarantine: undefined, recent: [] };
}

function initialFamily(family: Family, belief: Belief | undefined): FamilyState {
  const isKnown = belief?.kind === "known";
  return {
    family,
    decided: undefined,
    address: belief?.address,
    since: belief?.since,
    confirmedAt: isKnown ? belief.lastRound : undefined,
    trouble: belief && !isKnown ? { kind: belief.kind, since: belief.lastRound } : undefined,
    probe: undefined,
  };
}

function initialRecord(record: DesiredRecord, archive: Pick<Archive, "publishedIn">): RecordState {
  const published = archive.publishedIn(recordId(record));
  return {
    record,
    condition: { kind: "unknown" },
    since: undefined,
    published: published && { values: [published.address], ttl: record.ttl },
    changed: undefined,
    verification: undefined,
  };
}

function initialProvider({
  name,
  type,
  title,
  docsUrl,
  limit,
}: Subjects["providers"][number]): ProviderState {
  return {
    name,
    type,
    title,
    ...(docsUrl && { docsUrl }),
    calls: [],
    lastSuccess: undefined,
    trouble: undefined,
    pausedUntil: undefined,
    limit,
  };
}

export function familiesOf(records: readonly DesiredRecord[]): readonly Family[] {
  return ([4, 6] as const).filter((family) => records.some(({ type }) => familyOf(type) === family));
}
