import { z } from "zod";
import { duration } from "#config/duration-schema.ts";
import { HAPPENING_KINDS, type HappeningKind } from "#state/happening.ts";

/** What somebody wants to know who has not said what. */
const DEFAULT_KINDS: readonly HappeningKind[] = [
  "address-changed",
  "address-disputed",
  "address-settled",
  "record-failed",
  "record-recovered",
  "credentials-refused",
  "token-expiring",
];

/** Beside `type` and the keys of the notifier: of one that sends messages. */
export const messageKeys = z.strictObject({
  on: z
    .array(z.enum(HAPPENING_KINDS))
    .min(1)
    .prefault([...DEFAULT_KINDS])
    .meta({ description: "What it tells of" }),
});

/** Beside `type` and the keys of the notifier: of one that sends signs of life. */
export const heartbeatKeys = z.strictObject({
  every: duration({ min: "10s", max: "1d" })
    .prefault("5m")
    .meta({ description: "At most one ping in so long, unless all is well again or no longer" }),
});

/** The keys of the one and of the other definition. */
export function commonKeys(kind: "heartbeat" | "message"): typeof heartbeatKeys | typeof messageKeys {
  return kind === "message" ? messageKeys : heartbeatKeys;
}

/** The keys of an entry that every notifier of its kind has, and those of its own. */
export function splitCommon(
  kind: "heartbeat" | "message",
  entry: Readonly<Record<string, unknown>>,
): { readonly common: Readonly<Record<string, unknown>>; readonly own: Readonly<Record<string, unknown>> } {
  const isCommon = (key: string) => Object.hasOwn(commonKeys(kind).shape, key);
  const entries = Object.entries(entry);
  return {
    common: Object.fromEntries(entries.filter(([key]) => isCommon(key))),
    own: Object.fromEntries(entries.filter(([key]) => !isCommon(key))),
  };
}
