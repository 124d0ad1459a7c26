import { closeSync, openSync, readSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { ConfigError } from "#core/errors.ts";

/**
 * A whole file, up to a size; devices that never end included.
 *
 * @param subject what it is, for the message: `the file "/etc/esddns/esddns.yaml"`
 * @throws {ConfigError} when it cannot be read or is larger
 */
export function readBounded(path: string, subject: string, maxBytes: number): Uint8Array {
  try {
    if (statSync(path).isDirectory()) return fail(subject, "it is a folder");
    const bytes = readUpTo(path, maxBytes + 1);
    return bytes.length > maxBytes ? fail(subject, `it has more than ${maxBytes} bytes`) : bytes;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    return fail(subject, readFailure(error), "check the path and its permissions");
  }
}

/** The permission bits, or `undefined` when there is nothing to look at. */
export function modeOf(path: string): number | undefined {
  try {
    return statSync(path).mode & 0o777;
  } catch {
    return undefined;
  }
}

/** @param folder that a relative path starts from */
export function absolutePath(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

function readUpTo(path: string, maxBytes: number): Uint8Array {
  const buffer = new Uint8Array(maxBytes);
  const handle = openSync(path, "r");
  try {
    let length = 0;
    for (;;) {
      const count = readSync(handle, buffer, length, maxBytes - length, null);
      length += count;
      if (count === 0 || length === maxBytes) return buffer.subarray(0, length);
    }
  } finally {
    closeSync(handle);
  }
}

function fail(subject: string, is: string, hint?: string): never {
  const message = `Cannot read ${subject}: ${is}`;
  throw new ConfigError(message, [{ path: "", message, hint }], { code: "unreadable", hint });
}

/** Words for what the operating system answered. */
function readFailure(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  return FAILURES.get(code) ?? `the system says ${code}`;
}

const FAILURES: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["EACCES", "this user may not read it"],
  ["EPERM", "this user may not read it"],
  ["EISDIR", "it is a folder"],
  ["ENOTDIR", "a part of the path is no folder"],
  ["ELOOP", "its links go round in a circle"],
  ["ENAMETOOLONG", "the path is too long"],
]);
