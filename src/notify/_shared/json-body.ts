/** Headers and body of a request that carries JSON. */
export function jsonBody(value: unknown): {
  readonly headers: { readonly "content-type": string };
  readonly body: string;
} {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

/** A member of a JSON object, whatever the value is. */
export function member(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return Reflect.get(value, key);
}

/** A member that is text. */
export function textMember(value: unknown, key: string): string | undefined {
  const found = member(value, key);
  return typeof found === "string" ? found : undefined;
}

/** A member that is a number. */
export function numberMember(value: unknown, key: string): number | undefined {
  const found = member(value, key);
  return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}
