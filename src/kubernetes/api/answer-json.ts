import { type Ask, malformedError } from "#kubernetes/api/kubernetes-error.ts";
import { isFields, type KubernetesObject } from "#kubernetes/api/object.ts";
import type { Resource } from "#kubernetes/api/resource.ts";

/** One answer to a list. */
export function readPage<Item extends KubernetesObject>(body: unknown, resource: Resource<Item>, ask: Ask) {
  const { metadata, items } = isFields(body) ? body : {};
  if (!isFields(metadata) || !(Array.isArray(items) || items === null || items === undefined)) {
    throw malformedError(ask, "the answer is no list");
  }
  const found: unknown[] = items ?? [];
  const version = metadata["resourceVersion"];
  if (typeof version !== "string") throw malformedError(ask, "the list has no version");
  if (!found.every((item) => resource.is(item))) {
    throw malformedError(ask, `the list holds something else than a ${resource.kind}`);
  }
  return { items: found, resourceVersion: version, continue: optionalText(metadata["continue"]) };
}

export function parse(text: string, ask: Ask): unknown {
  const value = parsed(text);
  if (value === undefined) throw malformedError(ask, "the answer is not JSON");
  return value;
}

/** @returns `undefined` for what is not JSON */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function optionalText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
