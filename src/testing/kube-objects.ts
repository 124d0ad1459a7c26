import { randomUUID } from "node:crypto";
import { isFields, type Fields } from "#kubernetes/api/object.ts";

export interface StoredObject extends Fields {
  readonly metadata: Fields & {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion: string;
  };
}

export interface HistoryEntry {
  readonly type: "ADDED" | "DELETED" | "MODIFIED";
  readonly collection: string;
  readonly version: number;
  readonly object: StoredObject;
}

/**
 * What etcd is to an API server: objects, one counter of versions for all of them, and the history that watches are
 * served from. Part of the fake of kube-api.ts.
 */
export class KubeObjects {
  readonly #objects = new Map<string, StoredObject>();
  readonly #listeners = new Set<(entry: HistoryEntry) => void>();
  #history: HistoryEntry[] = [];
  #version = 1000;
  #oldest = 0;

  get version(): string {
    return String(this.#version);
  }

  get(collection: string, name: string): StoredObject | undefined {
    return this.#objects.get(`${collection}/${name}`);
  }

  list(collection: string): readonly StoredObject[] {
    return [...this.#objects]
      .filter(([key]) => key.slice(0, key.lastIndexOf("/")) === collection)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Creates or replaces; what would change nothing gets no new version. */
  put(collection: string, namespace: string, name: string, content: Fields): StoredObject {
    const before = this.get(collection, name);
    const metadata = { ...(isFields(content["metadata"]) ? content["metadata"] : {}), namespace, name };
    const uid = before?.metadata["uid"] ?? randomUUID();
    const versioned = (version: string) => ({
      ...content,
      metadata: { ...metadata, uid, resourceVersion: version },
    });
    if (before && same(before, versioned(before.metadata.resourceVersion))) return before;
    const object = versioned(String((this.#version += 1)));
    this.#objects.set(`${collection}/${name}`, object);
    this.#tell({ type: before ? "MODIFIED" : "ADDED", collection, version: this.#version, object });
    return object;
  }

  /** A watch sees the object as it was, with the version of its deletion. */
  delete(collection: string, name: string): void {
    const before = this.get(collection, name);
    if (!before) return;
    const version = (this.#version += 1);
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
    this.#objects.delete(`${collection}/${name}`);
    this.#tell({ type: "DELETED", collection, version, object });
  }

  /** Everything before now cannot be watched from any more. */
  compact(): void {
    this.#history = [];
    this.#oldest = this.#version;
  }

  /** @returns `undefined` when that version is gone */
  since(version: number): readonly HistoryEntry[] | undefined {
    if (version < this.#oldest) return undefined;
    return this.#history.filter((entry) => entry.version > version);
  }

  listen(listener: (entry: HistoryEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(entry: HistoryEntry): void {
    this.#history.push(entry);
    for (const listener of this.#listeners) listener(entry);
  }
}

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Record<string, unknown> = { ...(isFields(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key])]),
  );
}
