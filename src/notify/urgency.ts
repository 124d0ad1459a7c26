import type { HappeningKind } from "#state/happening.ts";

/** `high`: somebody has to do something; `low`: good to know. */
export type Urgency = "high" | "low" | "normal";

export function urgencyOf(kind: HappeningKind): Urgency {
  switch (kind) {
    case "credentials-refused":
    case "record-failed":
    case "token-expiring":
      return "high";
    case "address-changed":
    case "address-disputed":
    case "address-lost":
    case "record-changed":
    case "record-recovered":
    case "witness-quarantined":
      return "normal";
    case "address-settled":
    case "witness-differs":
    case "witness-released":
      return "low";
  }
}
