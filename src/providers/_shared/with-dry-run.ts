import type { Provider } from "#core/provider.ts";

/** Reads and checks, and never writes, whatever the caller thinks. */
export function withDryRun(provider: Provider): Provider {
  return {
    capabilities: provider.capabilities,
    read: (keys, signal) => provider.read(keys, signal),
    apply: (changes) =>
      Promise.resolve(
        changes.map(() => ({
          kind: "refused",
          cause: "not-allowed",
          words: "dry run: nothing was sent",
        })),
      ),
    check: (keys, signal) => provider.check(keys, signal),
  };
}
