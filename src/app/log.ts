import type { Configuration } from "#config/configuration.ts";
import type { Log } from "#core/ports.ts";
import { logFile } from "#platform/log-file.ts";
import { createLog } from "#platform/log.ts";

/** The daemon's log as the configuration wants it; a `dns.ini` may name a file. */
export function createConfiguredLog({ log, compat }: Configuration): Promise<Log> {
  if (compat.kind === "native" || compat.logFile === undefined) return createLog(log);
  return createLog({ ...log, destination: logFile(compat.logFile, { alsoConsole: compat.logToConsole }) });
}
