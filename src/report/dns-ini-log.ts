import type { EngineEvent, Listener } from "#engine/events.ts";
import type { Verdict } from "#core/consensus.ts";
import type { Log } from "#core/ports.ts";
import type { SourceKind } from "#core/witness.ts";

/**
 * The lines that the original wrote and that its users search their logs for, word for word; for a `dns.ini`.
 * They come beside those of {@link logEvents}.
 */
export function logLikeTheOriginal(log: Log): Listener {
  let isStunAnnounced = false;
  return (event) => {
    switch (event.kind) {
      case "round-started":
        isStunAnnounced = false;
        return undefined;
      case "asked":
        if (event.witness.source !== "stun" || isStunAnnounced) return undefined;
        isStunAnnounced = true;
        return log.info("[stun] Fetching IP via STUN protocol...");
      case "observed":
        return logAnswer(log, event);
      case "retrying":
        return log.info(`[stun] RETRY: Attempt #${event.attempt}...`);
      case "decided":
        return logVerdict(log, event.verdict);
      default:
        return undefined;
    }
  };
}

/** What the daemon says of its configuration when it starts. */
export function announceSources(log: Log, kinds: ReadonlySet<SourceKind>): void {
  if (kinds.has("stun")) log.info("STUN protocol enabled for IP discovery");
  if (kinds.has("http")) log.info("HTTP-based IP services enabled");
}

function logAnswer(log: Log, { observation }: Extract<EngineEvent, { kind: "observed" }>): void {
  if (observation.kind !== "seen" || observation.witness.source !== "stun") return;
  const { testimony, witness } = observation;
  log.info(`[stun] Successfully obtained IP: ${testimony.address.text} from ${witness.id}`);
  log.info(`SUCCESS: STUN returned ${testimony.address.text} from ${witness.id}`);
}

function logVerdict(log: Log, verdict: Verdict): void {
  switch (verdict.kind) {
    case "known":
      if (verdict.for.length > 1) log.info("SUCCESS: IPv4 addresses from external services match!");
      else log.info("SUCCESS: At least one IPv4 was collected!");
      return;
    case "disputed":
      log.error("CRITICAL: Mismatch in IPv4 addresses", {
        addresses: verdict.positions.map(
          ({ address, operators }) => `${address.text}: ${operators.join(", ")}`,
        ),
      });
      return;
    case "unavailable":
      log.error("CRITICAL: No IPv4 address was collected");
  }
}
