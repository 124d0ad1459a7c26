import type { ConfigProblem } from "#core/errors.ts";
import { formatPath, nearestPlace, type Path, type RawConfiguration } from "#config/raw.ts";

/** Collects everything that is wrong with one file, each with its place, so that all is reported at once. */
export class Findings {
  readonly #raw: RawConfiguration;
  readonly #problems = new Map<string, ConfigProblem>();
  readonly #warnings: ConfigProblem[] = [];

  constructor(raw: RawConfiguration) {
    this.#raw = raw;
  }

  /** How many problems there are so far. */
  get count(): number {
    return this.#problems.size;
  }

  /** By line. */
  get problems(): readonly ConfigProblem[] {
    return [...this.#problems.values()].toSorted(byPlace);
  }

  /** By line. */
  get warnings(): readonly ConfigProblem[] {
    return this.#warnings.toSorted(byPlace);
  }

  problem(path: Path, message: string, hint?: string): void {
    const problem = this.#locate(path, message, hint);
    // Two records of one entry may have the same fault
    this.#problems.set(`${problem.path} ${message}`, problem);
  }

  warning(path: Path, message: string, hint?: string): void {
    this.#warnings.push(this.#locate(path, message, hint));
  }

  #locate(path: Path, message: string, hint: string | undefined): ConfigProblem {
    const place = nearestPlace(this.#raw, path);
    return {
      path: place?.name ?? formatPath(path),
      message,
      ...(hint === undefined ? {} : { hint }),
      file: this.#raw.file,
      ...(place ? { line: place.line, column: place.column } : {}),
    };
  }
}

/** One line for people: `esddns.yaml:12:5: Cannot … (hint)`. */
export function describeProblem(problem: ConfigProblem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(":");
  const hint = problem.hint ? ` (${problem.hint})` : "";
  return [place, problem.path, `${problem.message}${hint}`].filter((part) => part !== "").join(": ");
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
