import type { KubernetesClient } from "#kubernetes/api/client.ts";
import { isKubernetesError } from "#kubernetes/api/kubernetes-error.ts";
import type { Place } from "#kubernetes/api/object.ts";
import { type ConfigMap, CONFIG_MAPS } from "#kubernetes/api/resource.ts";

/**
 * Makes a ConfigMap with nothing in it, and leaves one as it is that is there. By an apply and not by a POST: RBAC can
 * allow the one for this name alone, and the other for all names or none.
 */
export function createEmptyConfigMap(
  client: KubernetesClient,
  place: Place,
  signal: AbortSignal,
): Promise<ConfigMap> {
  const body = { metadata: { name: place.name, namespace: place.namespace } };
  return client.patch(CONFIG_MAPS, place, { kind: "apply", body, fieldManager: "esddns" }, signal);
}

/** A ConfigMap as it is, or with nothing in it where there was none. */
export async function getOrCreateConfigMap(
  client: KubernetesClient,
  place: Place,
  signal: AbortSignal,
): Promise<ConfigMap> {
  try {
    return await client.get(CONFIG_MAPS, place, signal);
  } catch (error) {
    if (!isKubernetesError(error, "not-found")) throw error;
    return createEmptyConfigMap(client, place, signal);
  }
}
