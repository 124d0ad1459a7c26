import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

const ROOT = path.dirname(path.dirname(import.meta.dirname));

const locked = z.object({ version: z.string(), integrity: z.string(), license: z.string().optional() });
/** What package-lock.json says of a package. */
export type LockedPackage = z.infer<typeof locked>;

const { packages } = z
  .object({ packages: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")));

/** Our own version. */
export const { version: VERSION } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")));

export function lockedPackage(name: string): LockedPackage {
  const { data } = locked.safeParse(packages[`node_modules/${name}`]);
  if (!data) throw new Error(`Cannot find "${name}" with version and integrity in package-lock.json`);
  return data;
}
