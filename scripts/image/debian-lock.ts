import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Architecture } from "./architecture.ts";

const FILE = path.join(import.meta.dirname, "debian.lock.json");

/** What of Debian is in the image, and what for. The libraries are those that Node.js asks for, and theirs. */
export const PACKAGES = [
  "base-files", // os-release, and the licences that others refer to
  "ca-certificates",
  "gcc-12-base", // the licence of the next but one and the last
  "libc6",
  "libgcc-s1",
  "libstdc++6",
] as const;

export type PackageName = (typeof PACKAGES)[number];

const pin = z.object({ version: z.string(), sha256: z.string() });
/** One version of a package, for one architecture. */
export type Pin = z.infer<typeof pin>;

const pins = z.record(z.enum(PACKAGES), pin);
const lock = z.object({ amd64: pins, arm64: pins });

export function readPins(architecture: Architecture): Readonly<Record<PackageName, Pin>> {
  return lock.parse(JSON.parse(readFileSync(FILE, "utf8")))[architecture];
}

export function writePins(newest: Readonly<Record<Architecture, Readonly<Record<string, Pin>>>>): void {
  writeFileSync(FILE, `${JSON.stringify(lock.parse(newest), null, 2)}\n`);
}
