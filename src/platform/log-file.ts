import { appendFileSync } from "node:fs";
import type { LogDestination } from "#platform/log.ts";

/**
 * Appends to a file, and to standard error as well when `alsoConsole`. Opened anew for every line, so that
 * logrotate needs no signal; a line that cannot be written goes to standard error in its place.
 */
export function logFile(path: string, options: { readonly alsoConsole: boolean }): LogDestination {
  return {
    write: (line) => {
      const isWritten = append(path, line);
      if (!isWritten || options.alsoConsole) process.stderr.write(line);
    },
  };
}

function append(path: string, line: string): boolean {
  try {
    appendFileSync(path, line, { mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}
