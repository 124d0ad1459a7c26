import { CancelledError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import { type Instant, instant, type Milliseconds, milliseconds } from "#core/units.ts";
import { settled } from "#testing/cluster-world/simulated-clock.ts";

/** Every look at a real clock shows another time: nothing may rest on two looks being equal. */
const TICK = 0.0001;

/**
 * A process that can be stopped (SIGSTOP) and killed: then no timer of it runs and no answer reaches it, while what it
 * sent goes on its way.
 */
export class NodeProcess {
  #isHalted = false;
  #isDead = false;
  #waiting: (() => void)[] = [];
  readonly #gone = new AbortController();

  /** It is dead: its connections are closed. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  halt(): void {
    this.#isHalted = true;
  }

  /** What has come meanwhile is taken in the order in which it came, one after the other. */
  async goOn(): Promise<void> {
    this.#isHalted = this.#isDead;
    while (!this.#isHalted) {
      const next = this.#waiting.shift();
      if (!next) return;
      next();
      await settled();
    }
  }

  die(): void {
    this.#isHalted = true;
    this.#isDead = true;
    this.#waiting = [];
    this.#gone.abort();
  }

  /** Until it runs: before anything that reaches it from outside. */
  async runs(): Promise<void> {
    if (this.#isHalted) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }
}

/** The clock of a node: of its own time of day and its own zero, and still while its process is. */
export class NodeClock implements Clock {
  readonly #truth: Clock;
  readonly #process: NodeProcess;
  readonly #skew: number;
  #ticks = 0;
  /** From the true date, in milliseconds. */
  dateSkew: number;

  constructor(truth: Clock, process: NodeProcess, skew: number) {
    this.#truth = truth;
    this.#process = process;
    this.#skew = Math.abs(skew);
    this.dateSkew = skew;
  }

  now(): Instant {
    this.#ticks += TICK;
    return instant(this.#truth.now() + this.#skew + this.#ticks);
  }

  date(): Date {
    return new Date(this.#truth.date().getTime() + this.dateSkew);
  }

  async sleep(span: Milliseconds, signal: AbortSignal): Promise<void> {
    await this.#truth.sleep(milliseconds(Math.ceil(span)), signal);
    await this.#process.runs();
    if (signal.aborted) throw new CancelledError();
  }
}
