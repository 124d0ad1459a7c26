import type { Configuration } from "#config/configuration.ts";
import { ConfigError } from "#core/errors.ts";
import type { Clock, Log } from "#core/ports.ts";
import type { Archive } from "#core/store.ts";

/**
 * What a daemon has written down, for whoever asks afterwards.
 *
 * @throws {ConfigError} (rejects) where nothing is written down
 */
export async function openPast(
  configuration: Configuration,
  options: { readonly log: Log; readonly clock: Clock },
): Promise<Archive> {
  if (configuration.store) return openConfiguredStore(configuration, { ...options, exclusive: false });
  throw new ConfigError("Cannot look back: no store is configured, so nothing is written down", [], {
    hint: "the log and the dashboard of what runs know what it did; in a cluster, the Events, too",
  });
}

/**
 * The configured store. SQLite is loaded only where one is on disk.
 *
 * @throws {StoreError} (rejects) code `store-locked`, with `exclusive` alone
 */
export async function openConfiguredStore(
  { store }: Configuration,
  options: { readonly log: Log; readonly clock: Clock; readonly exclusive: boolean },
): Promise<Archive> {
  if (!store) {
    const { MemoryStore } = await import("#store/memory-store.ts");
    return new MemoryStore();
  }
  const { openStore } = await import("#store/open-store.ts");
  return openStore({ path: store.path, ...options });
}
