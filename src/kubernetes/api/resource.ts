import {
  type Fields,
  isFields,
  isKubernetesObject,
  isOptional,
  type KubernetesObject,
} from "#kubernetes/api/object.ts";

/** A kind of object that the API serves in namespaces, and how to tell that it is one. */
export interface Resource<Item extends KubernetesObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  is(value: unknown): value is Item;
}

export interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>> | undefined;
}

/** What coordination.k8s.io/v1 says of a Lease; every field may be absent. */
export interface LeaseSpec {
  readonly holderIdentity?: string | undefined;
  readonly leaseDurationSeconds?: number | undefined;
  /** MicroTime: RFC 3339 with six decimals. */
  readonly acquireTime?: string | undefined;
  readonly renewTime?: string | undefined;
  readonly leaseTransitions?: number | undefined;
}

export interface Lease extends KubernetesObject {
  readonly spec?: LeaseSpec | undefined;
}

export const CONFIG_MAPS: Resource<ConfigMap> = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  is: (value): value is ConfigMap => isKubernetesObject(value) && "data" in value === hasTexts(value),
};

export const LEASES: Resource<Lease> = {
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  is: (value): value is Lease => isKubernetesObject(value) && (!("spec" in value) || isLeaseSpec(value.spec)),
};

/** Written, and read by people alone. */
export const EVENTS: Resource<KubernetesObject> = {
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  is: isKubernetesObject,
};

export function apiVersion({ group, version }: Resource<KubernetesObject>): string {
  return group === "" ? version : `${group}/${version}`;
}

/** The path of a collection, or of the object of that name in it. */
export function pathOf(resource: Resource<KubernetesObject>, namespace: string, name?: string): string {
  const root = resource.group === "" ? "/api" : "/apis";
  const steps = ["namespaces", namespace, resource.plural, ...(name === undefined ? [] : [name])];
  return [root, apiVersion(resource), ...steps.map(encodeURIComponent)].join("/");
}

function hasTexts(value: object): boolean {
  return (
    "data" in value &&
    isFields(value.data) &&
    Object.values(value.data).every((text) => typeof text === "string")
  );
}

function isLeaseSpec(spec: unknown): spec is LeaseSpec {
  if (!isFields(spec)) return false;
  const { holderIdentity, acquireTime, renewTime }: Fields = spec;
  const { leaseDurationSeconds, leaseTransitions }: Fields = spec;
  return (
    [holderIdentity, acquireTime, renewTime].every(isOptional("string")) &&
    [leaseDurationSeconds, leaseTransitions].every(isOptional("number"))
  );
}
