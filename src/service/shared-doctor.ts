import { CancelledError } from "#core/errors.ts";
import type { Finding, Operations } from "#service/context.ts";

type Doctor = Operations["doctor"];

/**
 * One examination at a time: who asks for one that is under way is told all that it has found, and then the rest. It
 * ends when nobody waits for it any more.
 */
export function shareDoctor(doctor: Doctor): Doctor {
  let underWay: Examination | undefined;
  return (signal) => {
    if (!underWay || underWay.isOver) underWay = new Examination(doctor);
    return underWay.follow(signal);
  };
}

class Examination {
  readonly #found: Finding[] = [];
  readonly #stop = new AbortController();
  #followers = 0;
  #isOver = false;
  #failure: unknown;
  #change = Promise.withResolvers<void>();

  constructor(doctor: Doctor) {
    void this.#run(doctor);
  }

  get isOver(): boolean {
    return this.#isOver || this.#stop.signal.aborted;
  }

  async *follow(signal: AbortSignal): AsyncGenerator<Finding> {
    this.#followers += 1;
    const gone = new Promise<never>((_, reject) => {
      const leave = () => reject(new CancelledError("Cannot wait for the doctor any longer"));
      if (signal.aborted) leave();
      signal.addEventListener("abort", leave, { once: true });
    });
    gone.catch(() => {});
    try {
      for (let next = 0; ;) {
        const finding = this.#found[next];
        if (finding) {
          next += 1;
          yield finding;
          continue;
        }
        if (this.#isOver) break;
        await Promise.race([this.#change.promise, gone]);
      }
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      this.#followers -= 1;
      if (this.#followers === 0) this.#stop.abort();
    }
  }

  async #run(doctor: Doctor): Promise<void> {
    try {
      for await (const finding of doctor(this.#stop.signal)) {
        this.#found.push(finding);
        this.#tell();
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#isOver = true;
    this.#tell();
  }

  #tell(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
