import { EsddnsError } from "#core/errors.ts";

/** Where a secret comes from, as the configuration says it. */
export type SecretReference =
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "plain"; readonly text: string };

const MASK = "•••";

/**
 * A value that must not reach a message, a log, an event or a page. However it is printed it prints as
 * `•••`; only {@link Secret.reveal} yields it, at the place where it goes onto the wire.
 */
export class Secret {
  #value: string;
  readonly #read: () => string;

  /** @param read yields the current value; called once now and again by {@link Secret.refresh} */
  constructor(read: () => string) {
    this.#read = read;
    this.#value = read();
  }

  reveal(): string {
    return this.#value;
  }

  /**
   * Reads the secret again; a rotated file is picked up this way when a call was refused for authentication.
   *
   * @returns whether the value is another one now
   * @throws what the reading throws; the value stays as it was
   */
  refresh(): boolean {
    const before = this.#value;
    this.#value = this.#read();
    return this.#value !== before;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return MASK;
  }
}

/**
 * Reads all of them again, also when the first is another already. One that cannot be read stays as it was.
 *
 * @returns whether any is another one now
 */
export function refreshAll(secrets: readonly Secret[]): boolean {
  return secrets.map(refreshOne).some(Boolean);
}

function refreshOne(secret: Secret): boolean {
  try {
    return secret.refresh();
  } catch (error) {
    if (error instanceof EsddnsError) return false;
    throw error;
  }
}
