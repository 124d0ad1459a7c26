import type { Route } from "#service/http/route.ts";

/** What a method and a path lead to. */
export type Match =
  | { readonly kind: "route"; readonly route: Route; readonly parameters: Readonly<Record<string, string>> }
  /** There is something, but not by this method. */
  | { readonly kind: "other-method"; readonly allow: readonly string[] }
  | { readonly kind: "nothing" };

export type Router = (method: string, segments: readonly string[]) => Match | Promise<Match>;

interface Entry {
  readonly route: Route;
  readonly segments: readonly string[];
}

/**
 * Routes that are there, and others that are fetched when somebody asks for something that the first do not have: a
 * dashboard that nobody looks at costs nothing but its place on the disk.
 */
export function createLateRouter(
  routes: readonly Route[],
  fetchOthers: () => Promise<readonly Route[]>,
): Router {
  const router = createRouter(routes);
  let whole: Promise<ReturnType<typeof createRouter>> | undefined;
  return async (method, segments) => {
    const match = router(method, segments);
    if (match.kind === "route") return match;
    whole ??= fetchOthers().then((others) => createRouter([...routes, ...others]));
    return (await whole)(method, segments);
  };
}

/** @throws {TypeError} for two routes of one method and path */
export function createRouter(
  routes: readonly Route[],
): (method: string, segments: readonly string[]) => Match {
  const entries = routes.map((route): Entry => ({ route, segments: route.path.slice(1).split("/") }));
  refuseTwins(routes);
  // Words win over braces
  const ordered = entries.toSorted((a, b) => countBraces(a) - countBraces(b));
  return (method, segments) => {
    const fitting = ordered.filter((entry) => fits(entry, segments));
    const wanted = method === "HEAD" ? "GET" : method;
    const entry = fitting.find(({ route }) => route.method === wanted);
    if (entry) return { kind: "route", route: entry.route, parameters: parametersOf(entry, segments) };
    const allow = allowed(fitting);
    return allow.length === 0 ? { kind: "nothing" } : { kind: "other-method", allow };
  };
}

function fits({ segments: pattern }: Entry, segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (isBraced(part) ? segments[index] !== "" : part === segments[index]))
  );
}

function parametersOf({ segments: pattern }: Entry, segments: readonly string[]): Record<string, string> {
  const pairs = pattern.flatMap((part, index) =>
    isBraced(part) ? [[part.slice(1, -1), segments[index] ?? ""] as const] : [],
  );
  return Object.fromEntries(pairs);
}

function allowed(fitting: readonly Entry[]): readonly string[] {
  const methods = fitting.flatMap(({ route }) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method]));
  return methods.length === 0 ? [] : [...new Set([...methods, "OPTIONS"])].toSorted();
}

function refuseTwins(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const { method, path } of routes) {
    const key = `${method} ${path.replace(/\{[^}]*\}/g, "{}")}`;
    if (seen.has(key)) throw new TypeError(`Cannot serve ${method} ${path}: there are two of it`);
    seen.add(key);
  }
}

function countBraces({ segments }: Entry): number {
  return segments.filter(isBraced).length;
}

function isBraced(part: string): boolean {
  return part.startsWith("{") && part.endsWith("}");
}
