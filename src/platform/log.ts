import type { Log, LogFields, LogLevel } from "#core/ports.ts";
import { type Plain, redactFields, redactText } from "#platform/redact.ts";
import { formatTextLine } from "#platform/text-line.ts";

export interface LogOptions {
  /** `text`: lines as the original wrote them. `json`: one object for each line, written by pino. */
  readonly format: "json" | "text";
  /** The lowest level that is written. At `debug`, errors come with their stack. */
  readonly level: LogLevel;
  /** Takes whole lines; standard error when absent. */
  readonly destination?: LogDestination | undefined;
  /** The wall clock. */
  readonly now?: (() => Date) | undefined;
}

export interface LogDestination {
  write(line: string): unknown;
}

type WriteLine = (level: LogLevel, message: string, fields: Readonly<Record<string, Plain>>) => void;

const SEVERITY: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Secrets, credentials in URLs and values named like secrets are masked before either format sees them. */
export async function createLog(options: LogOptions): Promise<Log> {
  const { format, level, destination = standardError(), now = () => new Date() } = options;
  const writeLine = format === "json" ? await jsonLines(destination, now) : textLines(destination, now);
  const write = (at: LogLevel, message: string, fields: LogFields = {}) => {
    if (SEVERITY[at] < SEVERITY[level]) return;
    writeLine(at, redactText(message), redactFields(fields, { withStack: level === "debug" }));
  };
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
  };
}

function textLines(destination: LogDestination, now: () => Date): WriteLine {
  return (level, message, fields) => {
    destination.write(`${formatTextLine(now(), level, message, fields)}\n`);
  };
}

/** pino takes 30 ms to load: only who wants JSON waits for it. */
async function jsonLines(destination: LogDestination, now: () => Date): Promise<WriteLine> {
  // Its default export: a bundle has no named ones of a CommonJS library that is imported late
  const { default: pino } = await import("pino");
  const logger = pino(
    {
      level: "debug",
      base: null,
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${now().toISOString()}"`,
    },
    { write: (line: string) => void destination.write(line) },
  );
  return (level, message, fields) => logger[level](fields, message);
}

/** A closed standard error (`2>&-`, a pipe that went away) must not end the daemon. */
function standardError(): LogDestination {
  if (!process.stderr.listeners("error").includes(ignore)) process.stderr.on("error", ignore);
  return process.stderr;
}

function ignore(): void {}
