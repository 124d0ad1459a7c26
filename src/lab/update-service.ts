import type { ProviderBehaviour } from "#lab/controls.ts";
import type { DnsBehaviour } from "#lab/dns-responder.ts";

/** How long after an update another one is too many, in milliseconds. */
const THROTTLE = 10_000;

export interface UpdateServiceOptions {
  /** After `times-out-once` has become `honest`. */
  readonly onRecovery?: (() => void) | undefined;
  /** Milliseconds of a clock that never jumps. */
  readonly now?: (() => number) | undefined;
}

/** What the lab's name server, as a provider, makes of updates. */
export class UpdateService {
  readonly #now: () => number;
  readonly #onRecovery: () => void;
  #behaviour: ProviderBehaviour = "honest";
  #takenAt = -Infinity;
  #lostId: number | undefined;

  constructor({ onRecovery = () => {}, now = () => performance.now() }: UpdateServiceOptions = {}) {
    this.#onRecovery = onRecovery;
    this.#now = now;
  }

  get behaviour(): ProviderBehaviour {
    return this.#behaviour;
  }

  behave(behaviour: ProviderBehaviour): void {
    this.#behaviour = behaviour;
    this.#takenAt = -Infinity;
    this.#lostId = undefined;
  }

  /** @param id of the message: a repetition over UDP has the one of the first */
  receive(id: number): DnsBehaviour {
    if (id === this.#lostId) return "silent";
    switch (this.#behaviour) {
      case "honest":
        return "honest";
      case "refuses":
        return "refused";
      case "throttles":
        return this.#throttle();
      case "times-out":
        return "silent";
      case "times-out-once":
        this.behave("honest");
        this.#lostId = id;
        this.#onRecovery();
        return "silent";
    }
  }

  /** DNS has no word for "too many": a server that cannot keep up answers SERVFAIL (RFC 2136 section 2.2). */
  #throttle(): DnsBehaviour {
    const now = this.#now();
    if (now - this.#takenAt < THROTTLE) return "servfail";
    this.#takenAt = now;
    return "honest";
  }
}
