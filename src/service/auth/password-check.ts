import type { Clock, Log } from "#core/ports.ts";
import type { Secret } from "#core/secret.ts";
import { FreshSecrets } from "#service/auth/fresh-secret.ts";
import { isPassword } from "#service/auth/password.ts";

/** Each takes 32 MiB and a thread that name lookups and files want, too. */
const MAX_AT_ONCE = 2;
const MAX_WAITING = 8;

/** Tests passwords, a few at a time. */
export class PasswordCheck {
  readonly #secret: Secret;
  readonly #fresh: FreshSecrets;
  readonly #onChange: () => void;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param options.onChange told when the file turns out to hold another password */
  constructor(
    secret: Secret,
    options: { readonly clock: Clock; readonly log: Log; readonly onChange: () => void },
  ) {
    this.#secret = secret;
    this.#fresh = new FreshSecrets([secret], options);
    this.#onChange = options.onChange;
  }

  async test(password: string): Promise<"busy" | "right" | "wrong"> {
    if (this.#waiting.length >= MAX_WAITING) return "busy";
    await this.#enter();
    try {
      return (await this.#isRight(password)) ? "right" : "wrong";
    } finally {
      this.#leave();
    }
  }

  async #isRight(password: string): Promise<boolean> {
    if (await isPassword(password, this.#secret.reveal())) return true;
    if (!this.#fresh.refresh()) return false;
    this.#onChange();
    return isPassword(password, this.#secret.reveal());
  }

  #enter(): Promise<void> | undefined {
    if (this.#running >= MAX_AT_ONCE) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    return undefined;
  }

  /** The place goes to the next one, if there is one. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running -= 1;
  }
}
