import type { Family } from "#core/address.ts";
import type { RecordType } from "#core/record.ts";

export type WitnessBehaviour = "dead" | "honest" | "lies";

/** What the lab's provider does with updates; questions are always answered. `-once`: and then is well again. */
export type ProviderBehaviour = "honest" | "refuses" | "throttles" | "times-out" | "times-out-once";

/** The lab as it is now. */
export interface LabView {
  readonly addresses: readonly { readonly family: Family; readonly text: string }[];
  readonly witnesses: readonly {
    /** Of its operator, e.g. `alpha`: all its servers do the same. */
    readonly name: string;
    readonly kind: "http" | "stun";
    /** `udp` is silent while UDP is blocked. */
    readonly transport: "tcp" | "tls" | "udp";
    readonly behaviour: WitnessBehaviour;
    /** What a liar says, e.g. `198.51.100.66, 2001:db8:bad::66`: all liars the same. */
    readonly lie: string;
  }[];
  /** The line: nothing gets through while it is down. */
  readonly isOnline: boolean;
  /** When it comes up by itself. */
  readonly onlineAgainAt: Date | undefined;
  readonly isUdpBlocked: boolean;
  /** Per cent of datagrams lost, each way. */
  readonly loss: number;
  /** Added to every answer, in milliseconds; a TCP connection and a TLS handshake take that long as well. */
  readonly delay: number;
  readonly provider: ProviderBehaviour;
  /** What the lab's DNS server answers now. */
  readonly dns: readonly {
    readonly name: string;
    readonly type: RecordType;
    readonly values: readonly string[];
  }[];
  /** When every record had the address, in milliseconds after the last move; `undefined`: not yet, or nobody moved it. */
  readonly followedAfter: number | undefined;
  /** The last move, while the records have not followed it. */
  readonly waitingSince: Date | undefined;
  /** To see for oneself. */
  readonly digLine: string;
}

/** A small world on loopback, in a person's hand. Everything takes effect with the next packet. */
export interface LabControls {
  view(): LabView;
  /** To the next one, in every family. */
  moveAddress(): void;
  /** @throws {RangeError} for a name that {@link LabView.witnesses} does not have */
  setBehaviour(witness: string, behaviour: WitnessBehaviour): void;
  /** Up or down, every connection is cut. */
  setOnline(isOnline: boolean): void;
  /** Down now, up again by itself. @throws {RangeError} unless between 0 and 600000 */
  goOffline(milliseconds: number): void;
  setUdpBlocked(isBlocked: boolean): void;
  /** @throws {RangeError} unless between 0 and 100 */
  setLoss(perCent: number): void;
  /** @throws {RangeError} unless between 0 and 10000 */
  setDelay(milliseconds: number): void;
  setProvider(behaviour: ProviderBehaviour): void;
  /** As it was at the start, the address and the records excepted. */
  reset(): void;
  /** @returns ends the subscription; told after every change of {@link LabControls.view} */
  subscribe(listener: () => void): () => void;
}
