import type { Family } from "#core/address.ts";
import { parseAddress } from "#core/address.ts";
import { CancelledError, TransportError, WitnessError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import {
  type Operator,
  operator,
  type Source,
  type SourceKind,
  type Testimony,
  type WitnessPort,
} from "#core/witness.ts";

/** What a witness does with one question. Without `after` it takes the witness's own round trips. */
export type Behaviour =
  /** `honest`: the truth of its world, at the moment when it is asked. */
  | { readonly says: "honest" | (string & {}); readonly after?: number; readonly server?: string }
  | { readonly fails: "nonsense" | "refused"; readonly after?: number }
  | "silent";

export interface FakeWitnessOptions {
  readonly id?: string;
  readonly source?: SourceKind;
  readonly operator?: string;
  readonly authenticated?: boolean;
  readonly decisive?: boolean;
  readonly fallback?: boolean;
  readonly probation?: boolean;
  readonly families?: readonly Family[];
  /** In milliseconds. */
  readonly rtt?: number;
  readonly roundTrips?: number;
  readonly server?: string;
  readonly behaviour?: Behaviour;
}

export interface FakeNetwork {
  readonly clock: Clock;
  truth(family: Family): string;
}

/** A witness whose answers are scripted and take simulated time. */
export class FakeWitness implements WitnessPort {
  readonly id: string;
  readonly source: SourceKind;
  readonly operator: Operator;
  readonly authenticated: boolean;
  readonly decisive: boolean;
  readonly fallback: boolean;
  readonly probation: boolean;
  readonly families: readonly Family[];
  readonly roundTrips: number;
  readonly rtt: number;
  /** What it does with every question from now on. */
  behaviour: Behaviour | ((family: Family) => Behaviour);
  /** When each question came, in simulated milliseconds. */
  readonly questions: { readonly family: Family; readonly at: number }[] = [];
  /** Questions without an end yet. */
  open = 0;
  readonly #network: FakeNetwork;
  readonly #server: string | undefined;

  constructor(network: FakeNetwork, options: FakeWitnessOptions = {}) {
    const { source = "stun", authenticated = false } = options;
    this.#network = network;
    this.source = source;
    this.operator = operator(options.operator ?? "example");
    this.authenticated = authenticated;
    this.id = options.id ?? `${source}:${this.operator}${authenticated ? ":tls" : ""}`;
    this.decisive = options.decisive ?? true;
    this.fallback = options.fallback ?? false;
    this.probation = options.probation ?? false;
    this.families = options.families ?? [4, 6];
    this.rtt = options.rtt ?? 40;
    this.roundTrips = options.roundTrips ?? (authenticated ? 3 : 1);
    this.#server = options.server;
    this.behaviour = options.behaviour ?? { says: "honest" };
  }

  async ask(family: Family, signal: AbortSignal): Promise<Testimony> {
    if (signal.aborted) throw new CancelledError();
    this.questions.push({ family, at: this.#network.clock.now() });
    this.open += 1;
    try {
      const behaviour = typeof this.behaviour === "function" ? this.behaviour(family) : this.behaviour;
      return await this.#perform(behaviour, family, signal);
    } finally {
      this.open -= 1;
    }
  }

  async #perform(behaviour: Behaviour, family: Family, signal: AbortSignal): Promise<Testimony> {
    if (behaviour === "silent") return forever(signal);
    const truth = this.#network.truth(family);
    const after = behaviour.after ?? this.rtt * this.roundTrips;
    if (truth === "offline" && after > 0) return forever(signal);
    await this.#network.clock.sleep(milliseconds(after), signal);
    if ("fails" in behaviour) throw this.#failure(behaviour.fails);
    const address = parseAddress(behaviour.says === "honest" ? truth : behaviour.says);
    if (!address) throw new WitnessError(`${this.id} gave no address`, { code: "not-an-address" });
    const server = behaviour.server ?? this.#server;
    return { address, ...(server === undefined ? {} : { server: parseAddress(server) }) };
  }

  #failure(kind: "nonsense" | "refused"): Error {
    const message = `Cannot ask "${this.id}": ${kind}`;
    if (kind === "nonsense") return new WitnessError(message, { code: "not-an-address" });
    return new TransportError(message, { code: "refused", peer: this.id, phase: "unsent" });
  }
}

export function fakeSource(
  witnesses: readonly FakeWitness[],
  prepare?: (signal: AbortSignal) => Promise<void>,
): Source {
  return {
    kind: "stun",
    witnesses: () => witnesses,
    ...(prepare ? { prepare: (_families: readonly Family[], signal: AbortSignal) => prepare(signal) } : {}),
  };
}

function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new CancelledError()));
  });
}
