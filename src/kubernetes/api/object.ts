export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  /** Opaque: two are equal or they are not, and nothing else can be said of them. */
  readonly resourceVersion?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Fields that we do not know are kept when an object is read, changed and written back. */
export interface KubernetesObject {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata: ObjectMeta;
}

/** Where an object is. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isKubernetesObject(value: unknown): value is KubernetesObject {
  if (!isFields(value) || !isFields(value["metadata"])) return false;
  const { name, namespace, uid, resourceVersion } = value["metadata"];
  return typeof name === "string" && [namespace, uid, resourceVersion].every(isOptional("string"));
}

/** RFC 1123 subdomain, as nodes and pods are called. */
export function isObjectName(value: unknown): value is string {
  return typeof value === "string" && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(value);
}

/** Whether a field is absent or of this type. */
export function isOptional(type: "number" | "string"): (value: unknown) => boolean {
  return (value) => value === undefined || typeof value === type;
}
