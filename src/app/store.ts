import type { Configuration } from "#config/configuration.ts";
import type { Clock, Log } from "#core/ports.ts";
import type { Archive } from "#core/store.ts";

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
