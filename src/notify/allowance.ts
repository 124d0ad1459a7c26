import type { Instant } from "#core/units.ts";

const HOUR = 3_600_000;

/** So many messages in any hour; then one that says so, and no further one until there is room again. */
export class Allowance {
  readonly #most: number;
  #admitted: Instant[] = [];
  #hasSaidSo = false;

  constructor(most: number) {
    this.#most = most;
  }

  /** `announce`: not this one, but say that there will be none for a while. */
  admit(now: Instant): "admit" | "announce" | "hold" {
    this.#admitted = this.#admitted.filter((at) => now - at < HOUR);
    if (this.#admitted.length < this.#most) {
      this.#admitted.push(now);
      this.#hasSaidSo = false;
      return "admit";
    }
    if (this.#hasSaidSo) return "hold";
    this.#hasSaidSo = true;
    return "announce";
  }
}
