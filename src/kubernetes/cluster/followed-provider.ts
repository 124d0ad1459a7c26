import { type Provider, wrapProvider } from "#core/provider.ts";
import { type Reading, recordId, type RecordKey } from "#core/record.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";

/**
 * A provider as nodes see it that follow: what is there, the shared address says, so that a thousand nodes ask nobody.
 * Only when a change is to be made is the provider asked, by {@link compareBeforeWrite} around the real one.
 */
export function followedProvider(provider: Provider, shared: () => SharedAddress | undefined): Provider {
  return wrapProvider(provider, {
    capabilities: { ...provider.capabilities, read: "yes" },
    read: (keys) =>
      Promise.resolve(new Map(keys.map((key) => [recordId(key), believed(key, shared())] as const))),
  });
}

function believed({ name, type }: RecordKey, shared: SharedAddress | undefined): Reading {
  const address = shared?.published.get(recordId({ name, type }));
  return address ? { kind: "present", set: { name, type, values: [address] } } : { kind: "absent" };
}
