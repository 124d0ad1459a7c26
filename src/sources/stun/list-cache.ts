import { z } from "zod";
import type { Files } from "#core/ports.ts";

/** A list as it was fetched. */
export interface StoredList {
  readonly url: string;
  /** The body, unparsed: whoever reads it back judges it again. */
  readonly text: string;
  readonly etag?: string | undefined;
  readonly fetchedAt: Date;
}

/** One list on disk. */
export interface ListCache {
  /** @throws {Error} (rejects) when the file cannot be read, or was not written by {@link ListCache.write} */
  read(): Promise<StoredList | undefined>;
  write(list: StoredList): Promise<void>;
}

const storedList = z.object({
  url: z.string(),
  text: z.string(),
  etag: z.string().optional(),
  fetchedAt: z.iso.datetime().transform((text) => new Date(text)),
});

export function createListCache(files: Files, path: string): ListCache {
  return {
    async read() {
      const bytes = await files.read(path);
      return bytes && storedList.parse(JSON.parse(new TextDecoder().decode(bytes)));
    },
    write: (list) => files.write(path, new TextEncoder().encode(JSON.stringify(list))),
  };
}
