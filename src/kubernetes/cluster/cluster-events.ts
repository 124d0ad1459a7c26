import type { Place } from "#kubernetes/api/object.ts";
import type { About, Note } from "#kubernetes/events/event-note.ts";
import type { EventRecorder } from "#kubernetes/events/event-recorder.ts";
import { ALONE_WORDS, type ClusterRole } from "#state/cluster.ts";
import type { Happening, HappeningKind } from "#state/happening.ts";

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

/** What `kubectl describe` and `kubectl get events` say of a cluster's esddns. */
export class ClusterEvents {
  readonly #options: ClusterEventsOptions;

  constructor(options: ClusterEventsOptions) {
    this.#options = options;
  }

  happened({ kind, title, detail }: Happening): void {
    const message = detail === undefined ? title : `${title}: ${detail}`;
    this.#onAddress(WARNINGS.has(kind) ? "Warning" : "Normal", camelCase(kind), message);
  }

  /** @param holder of the Lease, as far as it was seen */
  tookRole(role: ClusterRole, before: ClusterRole | undefined, holder: string): void {
    const { node } = this.#options;
    if (role.kind === "leading") this.#onLease("LeaderElected", `${holder} leads`);
    if (before?.kind === "leading" && role.kind !== "leading")
      this.#onLease("LeadingStopped", `The agent on ${node} leads no more`);
    if (role.kind === "alone") {
      const held = holder === "" ? "nobody holds the Lease" : `the Lease is held by ${holder}`;
      const why = ALONE_WORDS[role.because] + (role.because === "unrenewed" ? "" : `; ${held}`);
      this.#onAddress("Warning", "FallbackBegan", `The agent on ${node} detects for itself: ${why}`);
    } else if (before?.kind === "alone") {
      this.#onAddress("Normal", "FallbackEnded", `The agent on ${node} relies on the shared address again`);
    }
  }

  /** No witness answers whoever leads. */
  silent(): void {
    const { node } = this.#options;
    const message = `No witness answers the agent on ${node}, which led; another one may lead`;
    this.#onAddress("Warning", "WitnessesSilent", message);
  }

  /** The API server was asked to keep what the leader tells, and said no. */
  unwritten(words: string): void {
    this.#onAddress("Warning", "SharedAddressNotWritten", words);
  }

  malformed(words: string): void {
    this.#onAddress("Warning", "SharedAddressMalformed", words);
  }

  #onAddress(type: Note["type"], reason: string, message: string): void {
    const { recorder, configMap } = this.#options;
    const about = aboutOf({ ...configMap, apiVersion: "v1", kind: "ConfigMap" });
    recorder.record({ about, type, reason, message });
  }

  #onLease(reason: string, message: string): void {
    const { recorder, lease } = this.#options;
    const about = aboutOf({ ...lease, apiVersion: "coordination.k8s.io/v1", kind: "Lease" });
    recorder.record({ about, type: "Normal", reason, message });
  }
}

function aboutOf({ uid, ...rest }: Omit<About, "uid"> & { readonly uid: () => string | undefined }): About {
  return { ...rest, uid: uid() };
}

function camelCase(kind: string): string {
  return kind.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
