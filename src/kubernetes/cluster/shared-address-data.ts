import { type Address, FAMILIES, type Family, parseAddress } from "#core/address.ts";
import { EsddnsError } from "#core/errors.ts";
import type { RecordId } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { isFields, isObjectName } from "#kubernetes/api/object.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import type { LoadBalancerState } from "#state/cluster.ts";

/** The ConfigMap does not say what a leader tells. */
export class SharedAddressError extends EsddnsError {}

/** Of a ConfigMap. */
export type Data = Readonly<Record<string, string>>;

/** No number of nines: whoever types one leaves room for the next. */
export const MAX_COUNT = 2 ** 40;
/** More than a cluster may have nodes (kubernetes.io, "Considerations for large clusters": 5000). */
export const MAX_NODES = 10_000;
/** Characters of JSON with records: more than ten thousand of them. */
const MAX_JSON = 600_000;
/** For people; the rest is cut off. */
const MAX_WORDS = 4096;

/** After the last number comes the first one. */
export function oneMore(count: number): number {
  return count < MAX_COUNT ? count + 1 : 1;
}

/** The keys of the original first: its users' scripts read them. */
const ADDRESS_KEYS: Readonly<Record<Family, string>> = { 4: "current_ip", 6: "current_ipv6" };

export function writeSharedAddress(shared: SharedAddress): Data {
  const addresses = FAMILIES.map((family) => [
    ADDRESS_KEYS[family],
    shared.addresses.get(family)?.text ?? "",
  ]);
  return {
    ...Object.fromEntries(addresses),
    detected_at: shared.detectedAt.toISOString(),
    changed_at: shared.changedAt?.toISOString() ?? "",
    epoch: String(shared.epoch),
    sequence: String(shared.sequence),
    valid_for_seconds: String(shared.validFor),
    agreement: shared.agreement.slice(0, MAX_WORDS),
    leader: shared.leader,
    published: JSON.stringify(Object.fromEntries([...shared.published].map(([id, { text }]) => [id, text]))),
    passed: JSON.stringify(Object.fromEntries(shared.passed)),
    members: JSON.stringify(shared.members),
    load_balancer: JSON.stringify(shared.loadBalancer ?? null),
  };
}

/** @throws {SharedAddressError} when somebody else wrote there */
export function readSharedAddress(data: Data): SharedAddress {
  return {
    addresses: new Map(FAMILIES.flatMap((family) => addressEntry(data, family))),
    detectedAt: date(data, "detected_at") ?? wrong(data, "detected_at", "a date (RFC 3339)"),
    changedAt: date(data, "changed_at"),
    epoch: count(data, "epoch"),
    sequence: count(data, "sequence"),
    validFor: seconds(count(data, "valid_for_seconds")),
    agreement: (data["agreement"] ?? "").slice(0, MAX_WORDS),
    leader: leader(data),
    published: new Map(
      entries(data, "published").map(([id, text]) => [id, addressOf(data, "published", text)]),
    ),
    passed: new Map(entries(data, "passed").map(([id, names]) => [id, nodes(data, "passed", names)])),
    members: nodes(data, "members", json(data, "members", [])),
    loadBalancer: loadBalancer(data),
  };
}

function addressEntry(data: Data, family: Family): readonly (readonly [Family, Address])[] {
  const key = ADDRESS_KEYS[family];
  const text = data[key] ?? "";
  if (text === "") return [];
  const address = addressOf(data, key, text);
  return address.family === family ? [[family, address]] : wrong(data, key, `an IPv${family} address`);
}

function addressOf(data: Data, key: string, text: unknown): Address {
  const address = typeof text === "string" ? parseAddress(text) : undefined;
  return address ?? wrong(data, key, "an address");
}

function date(data: Data, key: string): Date | undefined {
  const text = data[key] ?? "";
  if (text === "") return undefined;
  const value = new Date(text);
  return Number.isNaN(value.getTime()) ? wrong(data, key, "a date (RFC 3339)") : value;
}

function count(data: Data, key: string): number {
  const text = data[key] ?? "";
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Infinity;
  return value <= MAX_COUNT ? value : wrong(data, key, `a number up to ${MAX_COUNT}`);
}

function json(data: Data, key: string, absent: unknown): unknown {
  const text = data[key] ?? "";
  if (text === "") return absent;
  try {
    return JSON.parse(text);
  } catch {
    return wrong(data, key, "JSON");
  }
}

function entries(data: Data, key: string): readonly (readonly [RecordId, unknown])[] {
  if ((data[key] ?? "").length > MAX_JSON) return wrong(data, key, `at most ${MAX_JSON} characters`);
  const value = json(data, key, {});
  if (!isFields(value)) return wrong(data, key, "a JSON object");
  return Object.entries(value).map(([id, each]) =>
    isRecordId(id) ? [id, each] : wrong(data, key, "records such as home.example.org/A"),
  );
}

function isRecordId(text: string): text is RecordId {
  return /^[^/]+\/(A|AAAA)$/.test(text);
}

/** They are shown, put into commands that people copy, and sorted by every node. */
function nodes(data: Data, key: string, value: unknown): readonly string[] {
  const isList = Array.isArray(value) && value.length <= MAX_NODES && value.every(isObjectName);
  return isList ? value : wrong(data, key, `a JSON list of up to ${MAX_NODES} names of nodes`);
}

function leader(data: Data): string {
  const name = data["leader"] ?? "";
  return name === "" || isObjectName(name) ? name : wrong(data, "leader", "the name of a node");
}

/** Told for people alone: whatever cannot be read is not there. */
function loadBalancer(data: Data): LoadBalancerState | undefined {
  const value = json(data, "load_balancer", null);
  if (!isFields(value) || typeof value["service"] !== "string") return undefined;
  const { kind, service, address, hostname, isPublic } = value;
  if (kind === "none" || kind === "pending") return { kind, service };
  if (kind === "address" && typeof address === "string")
    return { kind, service, address, isPublic: isPublic === true };
  return kind === "hostname" && typeof hostname === "string" ? { kind, service, hostname } : undefined;
}

function wrong(data: Data, key: string, expected: string): never {
  const value = data[key];
  const is = value === undefined ? "it is missing" : `it is ${JSON.stringify(value.slice(0, 80))}`;
  throw new SharedAddressError(`Cannot use "${key}" of the shared address: ${is}, expected ${expected}`, {
    code: "malformed",
    hint: "the leader writes it anew; who else writes to this ConfigMap should not",
  });
}
