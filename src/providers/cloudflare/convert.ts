import { z } from "zod";
import type { Change } from "#core/plan.ts";
import type { RecordKey, RecordSet } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { addressesOf } from "#providers/_shared/vendor-values.ts";

/** The fields used of a record (https://developers.cloudflare.com/api/resources/dns/, read 2026-11-22). */
export const cloudflareRecord = z.looseObject({
  id: z.string().min(1),
  name: z.string(),
  type: z.string(),
  content: z.string(),
  ttl: z.int(),
  proxied: z.boolean().optional(),
});

export type CloudflareRecord = z.infer<typeof cloudflareRecord>;

/** Cloudflare chooses: 300 seconds today, and the only TTL of a proxied record. */
const AUTOMATIC = 1;

/** What a new record gets beside its content. */
export interface CloudflareDefaults {
  readonly proxied: boolean;
}

export type Operation =
  | { readonly kind: "post"; readonly body: Readonly<Record<string, boolean | number | string>> }
  | { readonly kind: "patch"; readonly id: string; readonly body: Readonly<Record<string, number | string>> }
  | { readonly kind: "delete"; readonly id: string };

/**
 * Records of one name and type as a set. A TTL that they do not share is none: the API keeps one for each.
 *
 * @throws {AnswerError} when the contents are not addresses of the type
 */
export function fromCloudflare(key: RecordKey, records: readonly CloudflareRecord[]): RecordSet | undefined {
  const [first, ...rest] = records;
  if (!first) return undefined;
  const contents = records.map((record) => record.content);
  return {
    name: key.name,
    type: key.type,
    values: addressesOf("Cloudflare", key, contents),
    ...(rest.every((record) => record.ttl === first.ttl) ? { ttl: seconds(first.ttl) } : {}),
    proxied: records.some((record) => record.proxied === true),
  };
}

/**
 * The fewest operations that turn the records there are into what the change wants: what is right stays, a
 * record with another address is given the new one (with its comment, tags and proxy setting), what is missing
 * is created, and what is left over deleted. In `merge` mode nothing is touched but our own address.
 */
export function operationsFor(
  change: Change,
  records: readonly CloudflareRecord[],
  defaults: CloudflareDefaults,
): readonly Operation[] {
  const addressed = records.map((record) => ({
    record,
    address: addressesOf("Cloudflare", change.after, [record.content])[0]?.text,
  }));
  const wanted = wantedAddresses(change);
  const missing = wanted.filter((address) => addressed.every((other) => other.address !== address));
  const kept = addressed.filter(({ address }) => wanted.some((other) => other === address));
  const spare = addressed.filter(({ address }) => isOurs(change, address) && !wanted.includes(address ?? ""));
  const recycled = spare.slice(0, missing.length);
  return [
    ...kept.flatMap(({ record }) => ttlPatch(change, record)),
    ...recycled.map(({ record }, index): Operation => {
      const content = missing[index] ?? "";
      return {
        kind: "patch",
        id: record.id,
        body: { content, ...ttlField(change, record.proxied === true) },
      };
    }),
    ...missing.slice(recycled.length).map((content) => post(change, content, defaults)),
    ...spare.slice(recycled.length).map(({ record }): Operation => ({ kind: "delete", id: record.id })),
  ];
}

function wantedAddresses({ record, address, after }: Change): readonly string[] {
  return record.mode === "merge" ? [address.text] : after.values.map((value) => value.text);
}

/** Whether a value may go: all of a set that is ours alone, else those that the plan takes out. */
function isOurs({ record, before, after }: Change, address: string | undefined): boolean {
  if (record.mode === "replace") return true;
  const was = before?.values.some((value) => value.text === address) ?? false;
  return was && after.values.every((value) => value.text !== address);
}

function ttlPatch(change: Change, record: CloudflareRecord): readonly Operation[] {
  const body = ttlField(change, record.proxied === true);
  return body.ttl === undefined || body.ttl === record.ttl ? [] : [{ kind: "patch", id: record.id, body }];
}

function ttlField({ after }: Change, proxied: boolean): { readonly ttl?: number } {
  return after.ttl === undefined || proxied ? {} : { ttl: after.ttl };
}

function post(change: Change, content: string, defaults: CloudflareDefaults): Operation {
  const { before, after } = change;
  const proxied = before?.proxied ?? defaults.proxied;
  const ttl = proxied ? AUTOMATIC : (after.ttl ?? AUTOMATIC);
  return { kind: "post", body: { type: after.type, name: after.name, content, ttl, proxied } };
}
