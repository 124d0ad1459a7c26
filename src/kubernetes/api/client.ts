import type { Seconds } from "#core/units.ts";
import type { KubernetesObject, Place } from "#kubernetes/api/object.ts";
import type { Resource } from "#kubernetes/api/resource.ts";
import type { WatchEvent } from "#kubernetes/api/watch-event.ts";

export interface ListQuery {
  readonly namespace: string;
  readonly fieldSelector?: string | undefined;
  /** Not older than this one; absent: the newest. */
  readonly resourceVersion?: string | undefined;
}

export interface ObjectList<Item> {
  readonly items: readonly Item[];
  /** To watch from. */
  readonly resourceVersion: string;
}

export interface WatchQuery extends ListQuery {
  readonly resourceVersion: string;
  /** After which the server ends it. */
  readonly timeout: Seconds;
}

export type Patch =
  | { readonly kind: "merge"; readonly body: object }
  /** Server-side apply: takes the fields over from whoever has them. */
  | { readonly kind: "apply"; readonly body: object; readonly fieldManager: string };

/**
 * What esddns asks of an API server. Every method rejects with KubernetesError when the server says no, with
 * TransportError when it does not answer (code `timeout`: not in time), and with CancelledError.
 */
export interface KubernetesClient {
  get<Item extends KubernetesObject>(
    resource: Resource<Item>,
    place: Place,
    signal: AbortSignal,
  ): Promise<Item>;
  /** All of it, in pages. */
  list<Item extends KubernetesObject>(
    resource: Resource<Item>,
    query: ListQuery,
    signal: AbortSignal,
  ): Promise<ObjectList<Item>>;
  create<Item extends KubernetesObject>(
    resource: Resource<Item>,
    place: Place,
    object: Item,
    signal: AbortSignal,
  ): Promise<Item>;
  /** Code `conflict` when it is not of the object's `resourceVersion` any more. */
  replace<Item extends KubernetesObject>(
    resource: Resource<Item>,
    place: Place,
    object: Item,
    signal: AbortSignal,
  ): Promise<Item>;
  patch<Item extends KubernetesObject>(
    resource: Resource<Item>,
    place: Place,
    patch: Patch,
    signal: AbortSignal,
  ): Promise<Item>;
  /**
   * Resolves when the server has taken it: then with what happens after that version, bookmarks included, which is to
   * be read. It ends when the server ends it, and is ended 15 s later when the server does not.
   */
  watch<Item extends KubernetesObject>(
    resource: Resource<Item>,
    query: WatchQuery,
    signal: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent<Item>>>;
}
