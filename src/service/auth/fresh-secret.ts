import { describeError } from "#core/errors.ts";
import type { Clock, Log } from "#core/ports.ts";
import type { Secret } from "#core/secret.ts";

/** Strangers decide how often something does not match; they do not decide how often files are read. */
const PAUSE = 5000;

/** Reads secrets again when something did not match them: a file may have been rotated. */
export class FreshSecrets {
  readonly #secrets: readonly Secret[];
  readonly #clock: Clock;
  readonly #log: Log;
  #notBefore = -Infinity;

  constructor(secrets: readonly Secret[], { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#secrets = secrets;
    this.#clock = clock;
    this.#log = log;
  }

  /** @returns whether any of them is another one now */
  refresh(): boolean {
    const now = this.#clock.now();
    if (now < this.#notBefore) return false;
    this.#notBefore = now + PAUSE;
    return this.#secrets.map((secret) => this.#refreshOne(secret)).includes(true);
  }

  #refreshOne(secret: Secret): boolean {
    try {
      return secret.refresh();
    } catch (error) {
      this.#log.warn("A secret of the service cannot be read again", { error: describeError(error) });
      return false;
    }
  }
}
