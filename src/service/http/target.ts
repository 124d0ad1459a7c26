/** A request target (RFC 9112 section 3.2), taken apart and decoded. */
export interface Target {
  /** Whom a caller names in place of `Host`, who takes us for a proxy; absent: nobody. */
  readonly authority: string | undefined;
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
  const { authority, local } = originForm(target);
  if (!/^\/[!-~]*$/.test(local) || local.includes("#")) return undefined;
  const [head = "", ...rest] = local.split("?");
  const segments = head.slice(1).split("/").map(decodeSegment);
  if (!segments.every((segment) => segment !== undefined)) return undefined;
  return { authority, path: `/${segments.join("/")}`, segments, query: new URLSearchParams(rest.join("?")) };
}

/** Every server has to take the form that is meant for proxies, too (RFC 9112 section 3.2.2). */
function originForm(target: string): { readonly authority: string | undefined; readonly local: string } {
  const [, authority, local = ""] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  if (authority === undefined) return { authority, local: target };
  return { authority, local: local.startsWith("/") ? local : `/${local}` };
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
