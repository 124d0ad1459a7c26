import { parsed } from "#kubernetes/api/answer-json.ts";
import { type Ask, malformedError, statusError } from "#kubernetes/api/kubernetes-error.ts";
import { isFields, isKubernetesObject, type KubernetesObject } from "#kubernetes/api/object.ts";
import type { Resource } from "#kubernetes/api/resource.ts";

export type WatchEvent<Item extends KubernetesObject> =
  | { readonly kind: "added" | "deleted" | "modified"; readonly object: Item }
  /** Nothing happened up to this version. */
  | { readonly kind: "bookmark"; readonly resourceVersion: string };

const KINDS = { ADDED: "added", MODIFIED: "modified", DELETED: "deleted" } as const;

/**
 * One line of a watch (API concepts, "Efficient detection of changes").
 *
 * @throws {KubernetesError} what an event of type ERROR says; code `malformed` when it is no event
 */
export function readWatchEvent<Item extends KubernetesObject>(
  line: string,
  resource: Resource<Item>,
  ask: Ask,
): WatchEvent<Item> {
  const event = parsed(line);
  if (event === undefined) throw malformedError(ask, "an event is not JSON");
  const { type, object } = isFields(event) ? event : {};
  if (type === "ERROR") throw statusError(ask, object, { status: 500 });
  if (type === "BOOKMARK") return { kind: "bookmark", resourceVersion: versionOf(object, ask) };
  if (!isChange(type)) throw malformedError(ask, `an event is of type ${JSON.stringify(type)}`);
  if (!resource.is(object))
    throw malformedError(ask, `an event holds something else than a ${resource.kind}`);
  versionOf(object, ask);
  return { kind: KINDS[type], object };
}

function isChange(type: unknown): type is keyof typeof KINDS {
  return typeof type === "string" && Object.hasOwn(KINDS, type);
}

/** A bookmark holds an object of that kind with nothing in it but the version; it has no name. */
function versionOf(object: unknown, ask: Ask): string {
  const metadata = isFields(object) && isFields(object["metadata"]) ? object["metadata"] : {};
  const version = isKubernetesObject(object) ? object.metadata.resourceVersion : metadata["resourceVersion"];
  if (typeof version !== "string" || version === "") throw malformedError(ask, "an event has no version");
  return version;
}
