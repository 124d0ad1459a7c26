import { monotonicMs } from "../clock.ts";

/** Prints an event for whoever started this program. */
export function tell(event: string, facts: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ event, at: monotonicMs(), wall: Date.now(), ...facts })}\n`);
}
