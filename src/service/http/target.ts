/** A request target (RFC 9112 section 3.2.1), taken apart and decoded. */
export interface Target {
  /** Decoded. */
  readonly path: string;
  /** `/history` has one, `/` a single empty one. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

/**
 * Nothing is put right: a path with dot segments, backslashes, encoded slashes or control characters has no honest
 * sender.
 */
export function parseTarget(target: string): Target | undefined {
  if (!/^\/[!-~]*$/.test(target) || target.includes("#")) return undefined;
  const [head = "", ...rest] = target.split("?");
  const segments = head.slice(1).split("/").map(decodeSegment);
  if (!segments.every((segment) => segment !== undefined)) return undefined;
  return { path: `/${segments.join("/")}`, segments, query: new URLSearchParams(rest.join("?")) };
}

/**
 * A path of ours, to be followed by a browser; anything else leads to `/`.
 *
 * @returns in ASCII, without control characters
 */
export function localPath(text: string): string {
  // Browsers take a backslash for a slash and drop tabs and line breaks (URL standard)
  if (!text.startsWith("/") || /[\\\p{Cc}]/u.test(text)) return "/";
  const url = URL.parse(text, "http://local.invalid");
  if (url?.host !== "local.invalid") return "/";
  // Two slashes lead elsewhere, and may be what is left of `/.//elsewhere`
  return url.pathname.startsWith("//") ? "/" : `${url.pathname}${url.search}${url.hash}`;
}

function decodeSegment(segment: string): string | undefined {
  try {
    const decoded = decodeURIComponent(segment);
    return decoded === "." || decoded === ".." || /[/\\\p{Cc}]/u.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}
