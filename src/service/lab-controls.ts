import type { Family } from "#core/address.ts";

export type WitnessBehaviour = "dead" | "honest" | "lies";

/** What the lab's provider does with the next calls. `-once`: and then is well again. */
export type ProviderBehaviour = "honest" | "refuses" | "throttles" | "times-out" | "times-out-once";

/** The lab as it is now. */
export interface LabView {
  readonly addresses: readonly { readonly family: Family; readonly text: string }[];
  readonly witnesses: readonly {
    /** Of its operator, e.g. `alpha`: all its servers do the same. */
    readonly name: string;
    readonly kind: "http" | "stun";
    readonly behaviour: WitnessBehaviour;
    /** What a liar says. */
    readonly lie: string;
  }[];
  /** The line: nothing gets through while it is down. */
  readonly isOnline: boolean;
  readonly isUdpBlocked: boolean;
  /** Per cent of datagrams lost, each way. */
  readonly loss: number;
  /** Added to every answer, in milliseconds. */
  readonly delay: number;
  readonly provider: ProviderBehaviour;
  /** What the lab's DNS server answers now, and since how long after the last move, in milliseconds. */
  readonly dns: readonly {
    readonly name: string;
    readonly type: "A" | "AAAA";
    readonly values: readonly string[];
  }[];
  readonly followedAfter: number | undefined;
  /** To see for oneself. */
  readonly digLine: string;
}

/** A small world on loopback, in a person's hand. Everything takes effect with the next packet. */
export interface LabControls {
  view(): LabView;
  moveAddress(): void;
  setBehaviour(witness: string, behaviour: WitnessBehaviour): void;
  setOnline(isOnline: boolean): void;
  /** Down now, up again by itself. */
  goOffline(milliseconds: number): void;
  setUdpBlocked(isBlocked: boolean): void;
  setLoss(perCent: number): void;
  setDelay(milliseconds: number): void;
  setProvider(behaviour: ProviderBehaviour): void;
  /** As it was at the start, the address excepted. */
  reset(): void;
  /** @returns ends the subscription; told after every change of {@link LabControls.view} */
  subscribe(listener: () => void): () => void;
}
