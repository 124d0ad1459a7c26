import type { ConfigProblem } from "#core/errors.ts";
import type { IniEntry, IniSection } from "#config/dns-ini/ini.ts";
import type { Environment } from "#config/location.ts";
import { formatPath, type Path, type Place, type RawConfiguration } from "#config/raw.ts";

/** The YAML form of a `dns.ini` while it is put together, with the place of everything in it. */
export class Draft {
  readonly env: Environment;
  readonly #file: string;
  readonly #value: Record<string, unknown> = {};
  readonly #places = new Map<string, Place>([["", { line: 1, column: 1 }]]);
  readonly #problems: ConfigProblem[] = [];
  readonly #warnings: ConfigProblem[] = [];

  constructor(file: string, env: Environment) {
    this.#file = file;
    this.env = env;
  }

  get raw(): RawConfiguration {
    return { file: this.#file, value: this.#value, places: this.#places };
  }

  get problems(): readonly ConfigProblem[] {
    return this.#problems;
  }

  get warnings(): readonly ConfigProblem[] {
    return this.#warnings;
  }

  /** Puts a value where the YAML form has it; `from` is absent for what the file does not say itself. */
  set(path: readonly string[], value: unknown, from?: IniEntry | IniSection, env?: string): void {
    let target = this.#value;
    for (const key of path.slice(0, -1)) {
      const next = target[key] ?? {};
      target[key] = next;
      if (!isRecord(next)) throw new TypeError(`"${path.join(".")}" leads through a plain value`);
      target = next;
    }
    target[path.at(-1) ?? ""] = value;
    if (from) this.locate(path, from, env);
  }

  locate(path: Path, from: IniEntry | IniSection, env?: string): void {
    this.#places.set(formatPath(path), {
      ...placeOf(from),
      name: nameOf(from),
      ...(env === undefined ? {} : { env }),
    });
  }

  problem(from: IniEntry | IniSection | undefined, message: string, hint?: string): void {
    this.#problems.push(this.#finding(from, message, hint));
  }

  warning(from: IniEntry | IniSection | undefined, message: string, hint?: string): void {
    this.#warnings.push(this.#finding(from, message, hint));
  }

  #finding(
    from: IniEntry | IniSection | undefined,
    message: string,
    hint: string | undefined,
  ): ConfigProblem {
    const place = from ? placeOf(from) : { line: 1, column: 1 };
    const path = from ? nameOf(from) : "";
    return { path, message, ...(hint === undefined ? {} : { hint }), file: this.#file, ...place };
  }
}

function placeOf(from: IniEntry | IniSection): { readonly line: number; readonly column: number } {
  return { line: from.line, column: "column" in from ? from.column : 1 };
}

function nameOf(from: IniEntry | IniSection): string {
  return "key" in from ? `${from.section}.${from.key}` : from.name;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
