import { z } from "zod";
import { type Address, parseAddress } from "#core/address.ts";
import { ConfigError } from "#core/errors.ts";
import { type DomainName, parseDomainName } from "#core/name.ts";
import type { Endpoint } from "#core/ports.ts";
import { type Prefix, parsePrefix } from "#core/prefix.ts";
import { RECORD_TYPES } from "#core/record.ts";
import { type Seconds, seconds } from "#core/units.ts";
import { parseDuration } from "#core/duration.ts";
import { duration } from "#config/duration-schema.ts";
import { withHint } from "#config/explain.ts";
import { kubernetesSection } from "#config/kubernetes-section.ts";
import { serviceSection } from "#config/service-section.ts";

/** RFC 2181 section 8: a TTL has 31 bits. */
const MAX_TTL = 2 ** 31 - 1;
/** One round asks seven witnesses at most, so no more can ever agree. */
const MAX_QUORUM = 7;

const ttl = z.union([z.number(), z.string()]).transform((value, context): Seconds => {
  const whole = typeof value === "number" ? value : (parseDuration(value) ?? Number.NaN) / 1000;
  if (Number.isInteger(whole) && whole >= 0 && whole <= MAX_TTL) return seconds(whole);
  const expected = "a number of seconds or a duration such as 5m, in whole seconds";
  context.addIssue({ code: "custom", message: `it is "${value}", expected ${expected}` });
  return z.NEVER;
});

const name = z.string().transform((text, context): DomainName => {
  try {
    return parseDomainName(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.addIssue({ code: "custom", message: withHint(error.message, error.hint) });
    return z.NEVER;
  }
});

const suffix = z.string().transform((text, context): Address => {
  const address = parseAddress(text);
  if (address?.family === 6 && address.bytes.subarray(0, 8).every((byte) => byte === 0)) return address;
  const hint = "the network's half of the address comes from the detected one";
  context.addIssue({
    code: "custom",
    message: withHint("expected the low 64 bits, such as ::1:2:3:4", hint),
  });
  return z.NEVER;
});

const range = z.string().transform((text, context): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix) return prefix;
  const message = `it is "${text}", expected a block such as 100.64.0.0/10, without bits after its length`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const endpoint = z.string().transform((text, context): Endpoint => {
  const [, bracketed, plain, digits = "53"] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = parseAddress(bracketed ?? plain ?? text);
  const port = Number(digits);
  if (address && port >= 1 && port <= 65_535) return { address, port };
  const message = `it is "${text}", expected an address with or without a port, such as 192.0.2.53:53 or [2001:db8::53]:53`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const jitter = z.string().transform((text, context): number => {
  const [, percent] = /^(\d{1,2})%$/.exec(text) ?? [];
  if (percent !== undefined && Number(percent) <= 50) return Number(percent) / 100;
  context.addIssue({ code: "custom", message: `it is "${text}", expected 0% to 50%` });
  return z.NEVER;
});

/** One entry of `records`. */
export const recordSchema = z.strictObject({
  name: name.meta({ description: "The full name, e.g. home.example.org; *.example.org for a wildcard" }),
  types: z
    .array(z.enum(RECORD_TYPES))
    .min(1)
    .prefault(["A"])
    .meta({ description: "A for IPv4, AAAA for IPv6; each is a record of its own" }),
  provider: z
    .string()
    .optional()
    .meta({ description: "A name from `providers`; may be left out when there is exactly one" }),
  ttl: ttl.optional().meta({ description: "Seconds, or a duration such as 5m; absent: keep what is there" }),
  mode: z.enum(["replace", "merge"]).prefault("replace").meta({
    description: "replace: our address is the only value; merge: other values of the set stay",
  }),
  suffix: suffix.optional().meta({
    description: "AAAA of another host in the same network: these low 64 bits follow the detected prefix",
  }),
});

const consensus = z.strictObject({
  quorum: z.int().min(1).max(MAX_QUORUM).prefault(2).meta({
    description: "How many operators must agree; one more as soon as anybody disagrees",
  }),
  rule: z.enum(["quorum", "unanimous"]).prefault("quorum").meta({
    description: "unanimous: the original's rule, every answer must match and one suffices",
  }),
  deadline: duration({ min: "100ms", max: "60s" })
    .prefault("3s")
    .meta({ description: "How long one round waits for witnesses" }),
  allowRanges: z.array(range).prefault([]).meta({
    description: "Blocks that may be published although they are not public: laboratories, overlay networks",
  }),
});

const schedule = z.strictObject({
  interval: duration({ min: "10s", max: "7d" })
    .prefault("5m")
    .meta({ description: "From one full round to the next" }),
  probe: z
    .union([z.literal(["off", false, 0]).transform((): "off" => "off"), duration({ min: "1s", max: "7d" })])
    .prefault("10s")
    .meta({ description: "From one probe to the next; `off` for none" }),
  refresh: duration({ min: "0s", max: "7d" })
    .prefault("30m")
    .meta({ description: "How old a provider's reading of a record may get before it is read again" }),
  jitter: jitter.prefault("20%").meta({ description: "How far probes stray from their beat, 0% to 50%" }),
  hold: duration({ min: "0s", max: "1h" }).prefault("5m").meta({
    description: "How long at most a changed address is held back while it keeps changing; 0s for never",
  }),
});

const verification = z.strictObject({
  deadline: duration({ min: "1s", max: "1h" })
    .prefault("60s")
    .meta({ description: "How long the zone's servers get to converge" }),
  servers: z.array(endpoint).min(1).optional().meta({
    description: "Ask these, as address:port, in place of the zone's own name servers",
  }),
});

const verify = z
  .union([z.literal(false), z.literal(true).transform(() => verification.parse({})), verification])
  .meta({ description: "After a write, ask every authoritative server of the zone" });

const store = z
  .union([
    z.literal(false),
    z.strictObject({ path: z.string().min(1).optional().meta({ description: "The SQLite file" }) }),
  ])
  .meta({ description: "What survives a restart; false keeps it in memory alone" });

const log = z.strictObject({
  level: z
    .enum(["debug", "info", "warn", "error"])
    .prefault("info")
    .meta({ description: "The least to show" }),
  format: z.enum(["text", "json"]).prefault("text").meta({ description: "Lines for people, or JSON" }),
});

const tls = z.strictObject({
  caFile: z.string().min(1).optional().meta({
    description:
      "PEM file with certificate authorities that every TLS connection trusts besides the usual ones",
  }),
});

const compat = z.strictObject({
  onMismatch: z.enum(["continue", "exit"]).prefault("continue").meta({
    description: "Whether the daemon ends when witnesses differ, as the original did",
  }),
  retryAttempts: z.int().min(0).max(100).prefault(3).meta({ description: "Attempts of one round" }),
  retryCooldown: duration({ min: "0s", max: "1h" })
    .prefault("5s")
    .meta({ description: "Pause before an attempt, times its number" }),
  logFile: z.string().min(1).optional().meta({ description: "Log lines go to this file, too" }),
  logToConsole: z.boolean().prefault(true).meta({ description: "false: log lines go to the file alone" }),
  service: z
    .strictObject({
      host: z.string().min(1).prefault("0.0.0.0").meta({ description: "Address to listen at" }),
      port: z.int().min(1).max(65_535).prefault(51_339).meta({ description: "Port to listen at" }),
    })
    .prefault({})
    .meta({ description: "The original's web service" }),
  messages: z
    .record(z.string(), z.string())
    .prefault({})
    .meta({ description: "The original's msg_ texts, by key" }),
});

/** Everything but providers, records and sources, whose schemas depend on the registries. */
export const SECTIONS = {
  consensus: consensus.prefault({}).meta({ description: "When an address counts as known" }),
  schedule: schedule.prefault({}).meta({ description: "When to look" }),
  verify: verify.prefault(true),
  store: store.prefault({}),
  log: log.prefault({}).meta({ description: "What is logged, and how" }),
  tls: tls.prefault({}).meta({ description: "Trust" }),
  service: serviceSection.prefault({}),
  kubernetes: kubernetesSection
    .prefault({})
    .meta({ description: "Names of objects in the cluster, for `esddns operator`" }),
  compat: compat
    .optional()
    .meta({ description: "Ways of the original's dns.ini; written by `esddns config import`" }),
};

/** The keys of the file's top level. */
export const TOP_LEVEL_KEYS: readonly string[] = [
  "providers",
  "records",
  "sources",
  "notify",
  ...Object.keys(SECTIONS),
];
