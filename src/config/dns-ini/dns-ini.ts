import type { ConfigProblem } from "#core/errors.ts";
import { milliseconds } from "#core/units.ts";
import { readDiscovery } from "#config/dns-ini/discovery.ts";
import { Draft } from "#config/dns-ini/draft.ts";
import { readGandi } from "#config/dns-ini/gandi.ts";
import { type IniEntry, type IniFile, parseIni } from "#config/dns-ini/ini.ts";
import { warnOfUnknown } from "#config/dns-ini/known-keys.ts";
import { unquote, wholeNumber } from "#config/dns-ini/values.ts";
import { formatDuration } from "#core/duration.ts";
import type { Environment } from "#config/location.ts";
import type { RawConfiguration } from "#config/raw.ts";

const DEFAULT_INTERVAL = 300;
/** Below it, services and providers would rightly complain. */
const MIN_INTERVAL = 10;
const MAX_INTERVAL = 7 * 86_400;

/**
 * The original's file in the shape of the YAML form, so that both go through the same validation. Names of
 * environment variables are followed, except for the key, which stays a reference.
 */
export function parseDnsIni(
  file: string,
  text: string,
  env: Environment,
): {
  readonly raw: RawConfiguration;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
} {
  const ini = parseIni(text);
  const draft = new Draft(file, env);
  for (const { line, section, message } of ini.problems) {
    draft.problem({ name: section, line, entries: new Map() }, message);
  }
  warnOfUnknown(ini, draft);
  readGandi(ini, draft);
  readDiscovery(ini, draft);
  readSchedule(ini, draft);
  readCompatibility(ini, draft);
  return { raw: draft.raw, problems: draft.problems, warnings: draft.warnings };
}

function readSchedule(ini: IniFile, draft: Draft): void {
  const entry = ini.sections.get("ESDDNS")?.entries.get("daemon_thread_interval");
  const wanted = wholeNumber(entry, 1, draft) ?? DEFAULT_INTERVAL;
  const interval = Math.min(Math.max(wanted, MIN_INTERVAL), MAX_INTERVAL);
  if (interval !== wanted) {
    draft.warning(entry, `The value of "daemon_thread_interval" is out of range: ${interval} is used`);
  }
  const text = formatDuration(milliseconds(interval * 1000));
  draft.set(["schedule", "interval"], text, entry);
  // The original looks at the record in every round
  draft.set(["schedule", "refresh"], text, entry);
}

function readCompatibility(ini: IniFile, draft: Draft): void {
  const [service, log] = [ini.sections.get("ESDDNS")?.entries, ini.sections.get("log")?.entries];
  const { http, stun } = {
    http: ini.sections.get("WANIPState")?.entries,
    stun: ini.sections.get("STUNConfig")?.entries,
  };
  const mismatch = service?.get("on_mismatch") ?? http?.get("on_mismatch");
  if (mismatch) draft.set(["compat", "onMismatch"], unquote(mismatch.value).toLowerCase(), mismatch);

  const attempts = stun?.get("retry_attempts") ?? http?.get("retry_attempts");
  const cooldown = stun?.get("retry_cooldown_seconds") ?? http?.get("retry_cooldown_seconds");
  warnOfDifference(stun?.get("retry_attempts"), http?.get("retry_attempts"), draft);
  warnOfDifference(stun?.get("retry_cooldown_seconds"), http?.get("retry_cooldown_seconds"), draft);
  draft.set(["compat", "retryAttempts"], wholeNumber(attempts, 0, draft) ?? 3, attempts);
  const pause = wholeNumber(cooldown, 0, draft) ?? 5;
  draft.set(["compat", "retryCooldown"], formatDuration(milliseconds(pause * 1000)), cooldown);

  setText(["compat", "logFile"], log?.get("log_file"), draft);
  const console = log?.get("log_to_console");
  if (console) draft.set(["compat", "logToConsole"], readBoolean(console, draft), console);
  setText(["compat", "service", "host"], service?.get("service_host"), draft);
  const port = service?.get("service_port");
  if (port) draft.set(["compat", "service", "port"], wholeNumber(port, 1, draft), port);
  for (const section of ini.sections.values()) {
    for (const entry of section.entries.values()) {
      if (entry.key.startsWith("msg_"))
        draft.set(["compat", "messages", entry.key], unquote(entry.value), entry);
    }
  }
}

function setText(path: readonly string[], entry: IniEntry | undefined, draft: Draft): void {
  const text = entry && unquote(entry.value);
  if (entry && text) draft.set(path, text, entry);
}

function warnOfDifference(used: IniEntry | undefined, other: IniEntry | undefined, draft: Draft): void {
  if (!used || !other || unquote(used.value) === unquote(other.value)) return;
  draft.warning(
    other,
    `The value of "${other.key}" has no effect: the one of [${used.section}] holds for both`,
  );
}

function readBoolean(entry: IniEntry, draft: Draft): boolean {
  const text = unquote(entry.value).toLowerCase();
  if (text !== "true" && text !== "false") {
    draft.problem(entry, `Cannot read "${entry.key}": it is neither, expected True or False`);
  }
  return text !== "false";
}
