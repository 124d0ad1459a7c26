import type { Scope, ServiceToken } from "#config/service-settings.ts";
import type { Clock, Hashes, Log, Random } from "#core/ports.ts";
import { FreshSecrets } from "#service/auth/fresh-secret.ts";

export interface TokensOptions {
  readonly clock: Clock;
  readonly hashes: Hashes;
  readonly log: Log;
  readonly random: Random;
}

/** Finds who a bearer token belongs to, in a time that tells nothing about the tokens. */
export class Tokens {
  readonly #tokens: readonly ServiceToken[];
  readonly #fresh: FreshSecrets;
  readonly #hash: (text: string) => Uint8Array;
  readonly #hashes: Hashes;

  constructor(tokens: readonly ServiceToken[], options: TokensOptions) {
    const key = options.random.bytes(32);
    this.#tokens = tokens;
    this.#fresh = new FreshSecrets(
      tokens.map(({ token }) => token),
      options,
    );
    this.#hash = (text) => options.hashes.hmac("sha256", key, new TextEncoder().encode(text));
    this.#hashes = options.hashes;
  }

  scopesOf(text: string): readonly Scope[] | undefined {
    return this.#find(text) ?? (this.#fresh.refresh() ? this.#find(text) : undefined);
  }

  /** Looks at all of them, whichever fits. */
  #find(text: string): readonly Scope[] | undefined {
    const hash = this.#hash(text);
    const [match] = this.#tokens.filter(({ token }) => this.#hashes.equal(this.#hash(token.reveal()), hash));
    return match?.scopes;
  }
}
