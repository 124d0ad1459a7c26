import type { WatchQuery } from "#kubernetes/api/client.ts";
import type { Ask, Verb } from "#kubernetes/api/kubernetes-error.ts";
import type { KubernetesObject } from "#kubernetes/api/object.ts";
import { pathOf, type Resource } from "#kubernetes/api/resource.ts";

/** What a request asks for, as RBAC sees it. */
export function askFor(
  verb: Verb,
  { group, plural }: Resource<KubernetesObject>,
  place: { readonly namespace: string; readonly name?: string; readonly fieldSelector?: string | undefined },
): Ask {
  // RBAC lets a list or watch that selects one name pass as if it were of that object
  const name = place.name ?? /^metadata\.name=(.+)$/.exec(place.fieldSelector ?? "")?.[1];
  return { verb, group, plural, namespace: place.namespace, name };
}

export function watchTarget(resource: Resource<KubernetesObject>, query: WatchQuery): string {
  return withQuery(pathOf(resource, query.namespace), {
    watch: "1",
    fieldSelector: query.fieldSelector,
    resourceVersion: query.resourceVersion,
    allowWatchBookmarks: "true",
    timeoutSeconds: query.timeout,
  });
}

export function withQuery(
  path: string,
  query: Readonly<Record<string, number | string | undefined>>,
): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] satisfies [string, string]],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}
