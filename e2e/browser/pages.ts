/** Every page of a lab's dashboard. */
export const PAGES = [
  "/",
  "/history",
  "/plan",
  "/sources",
  "/providers",
  "/doctor",
  "/configuration",
  "/api",
  "/api/schemas",
  "/lab",
] as const;

/** For a file's name. */
export function pageName(path: string): string {
  return path === "/" ? "overview" : path.slice(1).replaceAll("/", "-");
}
