import { parseAllDocuments } from "yaml";
import { z } from "zod";

const rendered = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
});

/** An object as kustomize or Helm prints it. */
export type Rendered = z.infer<typeof rendered>;

/** All objects of a stream; YAML 1.1, as Kubernetes reads it: `0440` is octal. */
export function parseRendered(text: string): readonly Rendered[] {
  const values: unknown[] = parseAllDocuments(text, { version: "1.1" }).map((document) => document.toJS());
  return values.filter((value) => value !== null).map((value) => rendered.parse(value));
}

/** `Kind/name`, without the hash of a generated name. */
export function nameOf({ kind, metadata }: Rendered): string {
  return `${kind}/${metadata.name.replace(/^(esddns-config)-[a-z0-9]{10}$/, "$1")}`;
}

export function byName(objects: readonly Rendered[]): ReadonlyMap<string, Rendered> {
  return new Map(objects.map((object) => [nameOf(object), object]));
}

/** What of a list is called so. */
export function named(objects: readonly Rendered[], name: string): Rendered {
  const found = byName(objects).get(name);
  if (!found) throw new Error(`There is no ${name} among ${objects.map(nameOf).join(", ")}`);
  return found;
}
