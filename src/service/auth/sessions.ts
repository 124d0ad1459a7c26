import type { Clock, Random } from "#core/ports.ts";

const IDLE = 12 * 3_600_000;
/** In milliseconds. */
export const SESSION_TIME = 7 * 24 * 3_600_000;
const MAX = 256;
const ID_BYTES = 32;

interface Session {
  readonly startedAt: number;
  readonly seenAt: number;
}

/** Who is signed in; gone with the process. */
export class Sessions {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sessions = new Map<string, Session>();

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** @returns an id that cannot be guessed */
  start(): string {
    const id = Buffer.from(this.#random.bytes(ID_BYTES)).toString("base64url");
    const now = this.#clock.now();
    this.#sessions.set(id, { startedAt: now, seenAt: now });
    const [leastRecent] = this.#sessions.keys();
    if (this.#sessions.size > MAX && leastRecent !== undefined) this.#sessions.delete(leastRecent);
    return id;
  }

  /** Whether it is still good; it counts as used. */
  touch(id: string): boolean {
    const session = this.#sessions.get(id);
    if (!session) return false;
    const now = this.#clock.now();
    this.#sessions.delete(id);
    if (now - session.seenAt > IDLE || now - session.startedAt > SESSION_TIME) return false;
    this.#sessions.set(id, { ...session, seenAt: now });
    return true;
  }

  end(id: string): void {
    this.#sessions.delete(id);
  }

  endAll(): void {
    this.#sessions.clear();
  }
}
