import type { Address, Family } from "#core/address.ts";
import type { RecordId } from "#core/record.ts";
import type { Seconds } from "#core/units.ts";

export const ROLES = [
  /** Detects for all, tells the shared address, and is the first to write a record. */
  "leading",
  /** Watches the shared address, and writes a record when its turn comes. */
  "following",
  /** Detects for itself, because the shared address cannot be relied on. */
  "alone",
  /** Detects for itself, always: every node has records of its own. */
  "independent",
] as const;

/** What a pod does in its cluster. */
export type ClusterRole =
  | { readonly kind: Exclude<(typeof ROLES)[number], "alone"> }
  | { readonly kind: "alone"; readonly because: AloneReason };

/**
 * Why the shared address cannot be relied on: there is no such object; it says something that cannot be read; it was
 * not renewed for twice its interval; the API server does not answer; this pod led and lost the Lease to nobody.
 */
export const ALONE_REASONS = ["absent", "malformed", "stale", "unreachable", "unrenewed"] as const;
export type AloneReason = (typeof ALONE_REASONS)[number];

/** After *because*. */
export const ALONE_WORDS: Readonly<Record<AloneReason, string>> = {
  absent: "there is no shared address",
  malformed: "the shared address cannot be read",
  stale: "the shared address was not renewed in time",
  unreachable: "the API server does not answer",
  unrenewed: "it could not renew the Lease",
};

/** What a leader tells of the address itself. */
export interface ToldAddress {
  /** The last that were known, one for each family at most. */
  readonly addresses: ReadonlyMap<Family, Address>;
  /** When witnesses confirmed it last, by the leader's clock. */
  readonly detectedAt: Date;
  readonly changedAt: Date | undefined;
  /** A reign; grows with every leader that writes to the same object. */
  readonly epoch: number;
  /** Grows with every version within a reign, whoever writes it, so that an older one is known for what it is. */
  readonly sequence: number;
  /** How long a version may be relied on. */
  readonly validFor: Seconds;
  /** Who agreed, for people. */
  readonly agreement: string;
  /** The node that told it. */
  readonly leader: string;
}

/** The shared address as this pod saw it last. */
export interface SharedAddressState extends ToldAddress {
  /** When this version reached this pod, by its own clock. */
  readonly seenAt: Date;
  readonly isStale: boolean;
  readonly records: readonly SharedRecordState[];
}

/** How one record stands, by the word of whoever wrote or read it last. */
export interface SharedRecordState {
  readonly record: RecordId;
  /** What it was confirmed to hold; absent: nobody has confirmed anything yet. */
  readonly published: Address | undefined;
  /** It holds what it should. */
  readonly isDone: boolean;
  /** Nodes that tried to write it and could not, in that order. */
  readonly passedBy: readonly string[];
}

/** What the agent on a node says of itself. */
export interface AgentState {
  readonly node: string;
  readonly pod: string;
  readonly role: ClusterRole;
  /** By its own clock. */
  readonly lastWord: Date;
  /** It has not said anything for longer than it should. */
  readonly isStale: boolean;
}

/** What the Service's load balancer has got, where one is watched. */
export type LoadBalancerState =
  /** The Service is not there, or is of another type. */
  | { readonly kind: "none"; readonly service: string }
  | { readonly kind: "pending"; readonly service: string }
  /** `isPublic`: the Internet can reach the address by itself, without a router that forwards ports. */
  | {
      readonly kind: "address";
      readonly service: string;
      readonly address: string;
      readonly isPublic: boolean;
    }
  | { readonly kind: "hostname"; readonly service: string; readonly hostname: string };

/** Requests to the API server by this pod, as RBAC and HTTP name them; `code` is 0 where no answer came. */
export interface ApiRequestCount {
  readonly verb: string;
  readonly code: number;
  readonly count: number;
}

/** What a pod of `esddns operator` knows of its cluster, at one moment. Immutable. */
export interface ClusterState {
  readonly namespace: string;
  /** Names there, for a person who looks for himself. */
  readonly objects: { readonly configMap: string; readonly lease: string; readonly agents: string };
  readonly node: string;
  readonly pod: string;
  readonly role: ClusterRole;
  /** Since when it has that role. */
  readonly since: Date;
  /** Holder of the Lease as far as this pod has seen, `POD_RANDOM`; empty: nobody. */
  readonly holder: string;
  /**
   * When this pod last tried to get or to renew the Lease, whatever came of it: as long ago as it is, also where the wall
   * clock was set since. Absent: it is no candidate.
   */
  readonly leaseTriedAt: Date | undefined;
  /** Whether a watch of the shared address is open. */
  readonly isWatching: boolean;
  /** Absent: never seen, or not readable now. */
  readonly shared: SharedAddressState | undefined;
  /** By name; as the leader counted them last. */
  readonly agents: readonly AgentState[];
  /** Absent: no Service is watched. */
  readonly loadBalancer: LoadBalancerState | undefined;
  readonly requests: readonly ApiRequestCount[];
  /** Of this process: how often another leader was seen, and how many records it wrote in a leader's place. */
  readonly leaderChanges: number;
  readonly takeovers: number;
}
