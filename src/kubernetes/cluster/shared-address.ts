import type { Address } from "#core/address.ts";
import type { RecordId } from "#core/record.ts";
import type { LoadBalancerState, ToldAddress } from "#state/cluster.ts";

/** What a cluster's leader tells the other nodes; immutable. `shared-address-data.ts` writes it into a ConfigMap. */
export interface SharedAddress extends ToldAddress {
  /** What each record was last confirmed to hold: the done mark, and what a store remembers of other providers. */
  readonly published: ReadonlyMap<RecordId, Address>;
  /** Nodes that tried to make a record right and could not, in that order; gone when it is right, or the address another. */
  readonly passed: ReadonlyMap<RecordId, readonly string[]>;
  /** Nodes whose agents gave a sign of life lately. */
  readonly members: readonly string[];
  readonly loadBalancer: LoadBalancerState | undefined;
}

/** A record is right: nobody has to try any more. */
export function withPublished(shared: SharedAddress, record: RecordId, address: Address): SharedAddress {
  const isKnown = shared.published.get(record)?.text === address.text && !shared.passed.has(record);
  if (isKnown) return shared;
  return {
    ...shared,
    published: new Map(shared.published).set(record, address),
    passed: without(shared.passed, [record]),
  };
}

/**
 * A node could not make a record right: the next one in order tries. When all have tried, whoever tries again begins a
 * new turn of all.
 */
export function withPassed(shared: SharedAddress, record: RecordId, node: string): SharedAddress {
  const before = shared.passed.get(record) ?? [];
  if (!before.includes(node)) return { ...shared, passed: withNodes(shared, record, [...before, node]) };
  const isOver = shared.members.every((member) => before.includes(member));
  return isOver && before.length > 1 ? { ...shared, passed: withNodes(shared, record, [node]) } : shared;
}

/** A family's address is another one: what was tried for the old one says nothing of the new one. */
export function withAddress(
  shared: SharedAddress,
  address: Address,
  { at, records }: { readonly at: Date; readonly records: readonly RecordId[] },
): SharedAddress {
  if (shared.addresses.get(address.family)?.text === address.text) return shared;
  return {
    ...shared,
    addresses: new Map(shared.addresses).set(address.family, address),
    changedAt: at,
    passed: without(shared.passed, records),
  };
}

function withNodes(
  { passed }: SharedAddress,
  record: RecordId,
  nodes: readonly string[],
): SharedAddress["passed"] {
  return new Map(passed).set(record, nodes);
}

function without<Value>(
  map: ReadonlyMap<RecordId, Value>,
  keys: readonly RecordId[],
): ReadonlyMap<RecordId, Value> {
  return new Map([...map].filter(([key]) => !keys.includes(key)));
}
