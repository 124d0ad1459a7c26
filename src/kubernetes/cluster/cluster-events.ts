import type { Place } from "#kubernetes/api/object.ts";
import type { About, Note } from "#kubernetes/events/event-note.ts";
import type { EventRecorder } from "#kubernetes/events/event-recorder.ts";
import { ALONE_WORDS, type ClusterRole } from "#state/cluster.ts";
import { type Happening, HAPPENING_KINDS, type HappeningKind } from "#state/happening.ts";

export interface ClusterEventsOptions {
  readonly recorder: Pick<EventRecorder, "record">;
  readonly node: string;
  readonly configMap: Place & { readonly uid: () => string | undefined };
  readonly lease: Place & { readonly uid: () => string | undefined };
}

const WARNINGS: ReadonlySet<HappeningKind> = new Set([
  "address-disputed",
  "address-lost",
  "credentials-refused",
  "record-failed",
  "token-expiring",
  "witness-differs",
  "witness-quarantined",
]);

/** What an Event is about, and whether a person should look. */
interface Sort {
  readonly kind: "ConfigMap" | "Lease";
  readonly type: Note["type"];
}

/** What befalls the nodes themselves, by the reason of its Event. */
const OWN = {
  FallbackBegan: { kind: "ConfigMap", type: "Warning" },
  FallbackEnded: { kind: "ConfigMap", type: "Normal" },
  SharedAddressMalformed: { kind: "ConfigMap", type: "Warning" },
  SharedAddressNotWritten: { kind: "ConfigMap", type: "Warning" },
  WitnessesSilent: { kind: "ConfigMap", type: "Warning" },
  LeaderElected: { kind: "Lease", type: "Normal" },
  LeadingStopped: { kind: "Lease", type: "Normal" },
} as const satisfies Readonly<Record<string, Sort>>;

/** Every reason that an Event may have; docs/runbooks/README.md says what to do about each. */
export const EVENT_REASONS: ReadonlyMap<string, Sort> = new Map<string, Sort>([
  ...HAPPENING_KINDS.map((kind) => [reasonOf(kind), sortOf(kind)] as const),
  ...Object.entries(OWN),
]);

/** What `kubectl describe` and `kubectl get events` say of a cluster's esddns. */
export class ClusterEvents {
  readonly #options: ClusterEventsOptions;

  constructor(options: ClusterEventsOptions) {
    this.#options = options;
  }

  happened({ kind, title, detail }: Happening): void {
    const message = detail === undefined ? title : `${title}: ${detail}`;
    this.#record(sortOf(kind), reasonOf(kind), message);
  }

  /** @param holder of the Lease, as far as it was seen */
  tookRole(role: ClusterRole, before: ClusterRole | undefined, holder: string): void {
    const { node } = this.#options;
    if (role.kind === "leading") this.#tell("LeaderElected", `${holder} leads`);
    if (before?.kind === "leading" && role.kind !== "leading")
      this.#tell("LeadingStopped", `The agent on ${node} leads no more`);
    if (role.kind === "alone") {
      const held = holder === "" ? "nobody holds the Lease" : `the Lease is held by ${holder}`;
      const why = ALONE_WORDS[role.because] + (role.because === "unrenewed" ? "" : `; ${held}`);
      this.#tell("FallbackBegan", `The agent on ${node} detects for itself: ${why}`);
    } else if (before?.kind === "alone") {
      const now = role.kind === "leading" ? "detects for all" : "relies on the shared address";
      this.#tell("FallbackEnded", `The agent on ${node} ${now} again`);
    }
  }

  /** No witness answers whoever leads. */
  silent(): void {
    const { node } = this.#options;
    this.#tell("WitnessesSilent", `No witness answers the agent on ${node}, which led; another one may lead`);
  }

  /** The API server was asked to keep what the leader tells, and said no. */
  unwritten(words: string): void {
    this.#tell("SharedAddressNotWritten", words);
  }

  malformed(words: string): void {
    this.#tell("SharedAddressMalformed", words);
  }

  #tell(reason: keyof typeof OWN, message: string): void {
    this.#record(OWN[reason], reason, message);
  }

  #record({ kind, type }: Sort, reason: string, message: string): void {
    const { recorder, configMap, lease } = this.#options;
    const about =
      kind === "Lease"
        ? aboutOf({ ...lease, apiVersion: "coordination.k8s.io/v1", kind })
        : aboutOf({ ...configMap, apiVersion: "v1", kind });
    recorder.record({ about, type, reason, message });
  }
}

/** Its uid as it is when the Event is sent: at the start it is not known yet. */
function aboutOf({ uid, ...rest }: Omit<About, "uid"> & { readonly uid: () => string | undefined }): About {
  return {
    ...rest,
    get uid() {
      return uid();
    },
  };
}

function sortOf(kind: HappeningKind): Sort {
  return { kind: "ConfigMap", type: WARNINGS.has(kind) ? "Warning" : "Normal" };
}

/** The kind in CamelCase. */
function reasonOf(kind: HappeningKind): string {
  return kind.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
