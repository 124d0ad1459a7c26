import { ConfigError } from "#core/errors.ts";
import type { Clock, Files } from "#core/ports.ts";
import { elapsed, type Instant } from "#core/units.ts";

/** A text that is known, or that a file holds which may be replaced at any time. */
export type TextSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "text"; readonly text: string };

/** A token is renewed long before it expires, and so is a certificate. */
const FRESH = 60_000;

/** What a file says, at most a minute ago. */
export class FreshText {
  readonly #source: TextSource;
  readonly #files: Files;
  readonly #clock: Clock;
  #text: string | undefined;
  #readAt: Instant | undefined;

  constructor(source: TextSource, { files, clock }: { readonly files: Files; readonly clock: Clock }) {
    this.#source = source;
    this.#files = files;
    this.#clock = clock;
    if (source.kind === "text") this.#text = source.text.trim();
  }

  /** @throws {ConfigError} (rejects) when the file was never readable, or empty */
  async text(): Promise<string> {
    const now = this.#clock.now();
    if (this.#text === undefined || this.#readAt === undefined || elapsed(this.#readAt, now) >= FRESH) {
      await this.reread();
    }
    return this.#text ?? "";
  }

  /**
   * A file that cannot be read just now changes nothing.
   *
   * @returns whether it says something else than before
   * @throws {ConfigError} (rejects) as {@link FreshText.text}
   */
  async reread(): Promise<boolean> {
    const before = this.#text;
    this.#readAt = this.#clock.now();
    if (this.#source.kind === "file") this.#text = await this.#read(this.#source.path);
    return this.#text !== before;
  }

  async #read(path: string): Promise<string> {
    let cause: unknown;
    try {
      const bytes = await this.#files.read(path);
      const text = bytes ? new TextDecoder().decode(bytes).trim() : "";
      if (text !== "") return text;
    } catch (error) {
      cause = error;
    }
    if (this.#text !== undefined) return this.#text;
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): ConfigError {
  const message = `Cannot use "${path}": it is missing or empty, expected what Kubernetes puts there`;
  const hint = "the pod needs automountServiceAccountToken: true, or a projected volume in its place";
  return new ConfigError(message, [{ path: "", message, hint, file: path }], { hint, cause });
}
