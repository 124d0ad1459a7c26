/**
 * On every answer. `Referrer-Policy` is `same-origin` and not `no-referrer`, under which browsers say
 * `Origin: null` when our own forms are sent (Fetch standard, "append a request Origin header", 2026-11-22); to
 * others it tells as little.
 */
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  [
    "content-security-policy",
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  ],
  ["referrer-policy", "same-origin"],
  ["permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["x-content-type-options", "nosniff"],
];

/**
 * A day alone: the promise holds for every port of the name (RFC 6797 section 8.2), and others may serve plain
 * HTTP there.
 */
const STRICT_TRANSPORT = ["strict-transport-security", "max-age=86400"] as const;

/** @param hasTls our own, not a proxy's */
export function securityHeaders(hasTls: boolean): readonly (readonly [name: string, value: string])[] {
  return hasTls ? [...HEADERS, STRICT_TRANSPORT] : HEADERS;
}
