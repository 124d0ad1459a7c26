import type { Answer, Problem } from "#service/http/route.ts";

/** A problem document with members of its own (RFC 9457 section 3.2). */
export function problemWith(
  { status, type, title, detail }: Problem,
  members: Readonly<Record<string, unknown>>,
): Answer & { readonly kind: "text" } {
  const document = {
    type: `/api#${type}`,
    status,
    title,
    ...(detail !== undefined && { detail }),
    ...members,
  };
  return { kind: "text", type: "application/problem+json", text: JSON.stringify(document), status };
}
