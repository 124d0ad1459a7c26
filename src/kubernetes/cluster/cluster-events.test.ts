import { describe, expect, it } from "vitest";
import { ClusterEvents, EVENT_REASONS } from "#kubernetes/cluster/cluster-events.ts";
import type { Note } from "#kubernetes/events/event-note.ts";
import { type Happening, HAPPENING_KINDS } from "#state/happening.ts";

const CONFIG_MAP = { namespace: "home", name: "esddns-wan-ip", uid: () => "u-1" };
const LEASE = { namespace: "home", name: "esddns-leader", uid: () => undefined };

function said(tell: (events: ClusterEvents) => void): readonly string[] {
  const notes: Note[] = [];
  const recorder = { record: (note: Note) => void notes.push(note) };
  tell(new ClusterEvents({ recorder, node: "node-1", configMap: CONFIG_MAP, lease: LEASE }));
  return notes.map(({ about, type, reason, message }) => `${about.kind} ${type} ${reason}: ${message}`);
}

describe("an Event", () => {
  it.each<[Happening["kind"], string]>([
    ["record-changed", "Normal RecordChanged"],
    ["record-failed", "Warning RecordFailed"],
    ["address-changed", "Normal AddressChanged"],
    ["address-lost", "Warning AddressLost"],
    ["address-disputed", "Warning AddressDisputed"],
    ["address-settled", "Normal AddressSettled"],
    ["witness-differs", "Warning WitnessDiffers"],
    ["witness-quarantined", "Warning WitnessQuarantined"],
    ["witness-released", "Normal WitnessReleased"],
    ["credentials-refused", "Warning CredentialsRefused"],
    ["token-expiring", "Warning TokenExpiring"],
  ])("of %s is: %s", (kind, is) => {
    const happening: Happening = { kind, at: new Date(0), title: "it is so", detail: "because" };
    expect(said((events) => events.happened(happening))).toEqual([`ConfigMap ${is}: it is so: because`]);
  });

  it("says at the Lease who leads, and who leads no more", () => {
    expect(
      said((events) => {
        events.tookRole({ kind: "leading" }, { kind: "following" }, "pod-1_ab");
        events.tookRole({ kind: "following" }, { kind: "leading" }, "pod-2_cd");
      }),
    ).toEqual([
      "Lease Normal LeaderElected: pod-1_ab leads",
      "Lease Normal LeadingStopped: The agent on node-1 leads no more",
    ]);
  });

  it("says why a node detects for itself and who holds the Lease then, and when that is over", () => {
    expect(
      said((events) => {
        events.tookRole({ kind: "alone", because: "stale" }, { kind: "following" }, "");
        events.tookRole({ kind: "following" }, { kind: "alone", because: "stale" }, "pod-2_cd");
      }),
    ).toEqual([
      "ConfigMap Warning FallbackBegan: The agent on node-1 detects for itself: the shared address was not renewed in time; nobody holds the Lease",
      "ConfigMap Normal FallbackEnded: The agent on node-1 relies on the shared address again",
    ]);
  });

  it("says that it is over also where that node leads from then on", () => {
    expect(
      said((events) => {
        events.tookRole({ kind: "leading" }, { kind: "alone", because: "absent" }, "pod-1_ab");
      }),
    ).toEqual([
      "Lease Normal LeaderElected: pod-1_ab leads",
      "ConfigMap Normal FallbackEnded: The agent on node-1 detects for all again",
    ]);
  });

  it("has a reason that is among all that there are, each of which is said", () => {
    const all = said((events) => {
      for (const kind of HAPPENING_KINDS) events.happened({ kind, at: new Date(0), title: "it is so" });
      events.tookRole({ kind: "leading" }, undefined, "pod-1_ab");
      events.tookRole({ kind: "alone", because: "stale" }, { kind: "leading" }, "");
      events.tookRole({ kind: "following" }, { kind: "alone", because: "stale" }, "");
      events.silent();
      events.unwritten("it is immutable");
      events.malformed("it is empty");
    });
    const known = [...EVENT_REASONS].map(([reason, { kind, type }]) => `${kind} ${type} ${reason}`);
    expect(new Set(all.map((one) => one.split(":")[0]))).toEqual(new Set(known));
  });
});
