import { z } from "zod";
import { parseAddress } from "#core/address.ts";
import { DURATION, parseDuration } from "#core/duration.ts";
import { secretReference } from "#schemas/secret.ts";
import { zoneName } from "#providers/_shared/zone-schema.ts";
import { isHostName, isName } from "#wire/dns/host-name.ts";
import { TSIG_ALGORITHMS, type TsigAlgorithm } from "#wire/dns/tsig-key.ts";

const DEFAULT_ALGORITHM: TsigAlgorithm = "hmac-sha256";

/** A name as both sides have to spell it; case does not matter, nor one dot at the end. */
const keyName = z
  .string()
  .transform((text) => text.trim().replace(/\.$/, ""))
  .refine(isName, "expected a name such as update-key or home.example.org");

const algorithm = z
  .string()
  .transform((text) => text.trim().toLowerCase().replace(/\.$/, ""))
  .refine(isAlgorithm, `expected one of ${Object.keys(TSIG_ALGORITHMS).join(", ")}`);

const key = z.strictObject({
  name: keyName.meta({ description: "Name of the TSIG key, the same as at the server" }),
  algorithm: algorithm.default(DEFAULT_ALGORITHM).meta({
    description: `One of ${Object.keys(TSIG_ALGORITHMS).join(", ")}`,
  }),
  secret: secretReference.meta({ description: "The shared secret in base64, as tsig-keygen prints it" }),
});

const server = z
  .string()
  .transform((text) => text.trim().replace(/^\[(.*)\]$/, "$1"))
  .refine(
    (text) => parseAddress(text) !== undefined || isHostName(text),
    "expected a host name or an address",
  );

export const configSchema = z.strictObject({
  server: server.meta({ description: "Host name or address of the zone's primary server" }),
  port: z.int().min(1).max(65_535).default(53).meta({ description: "Port of the server, UDP and TCP" }),
  zone: zoneName.optional().meta({ description: "The zone; absent: found by asking the server for SOA" }),
  key: key.optional().meta({ description: "TSIG key; absent: the server has to trust our address" }),
  transport: z.enum(["auto", "tcp", "udp"]).default("auto").meta({
    description: "`auto`: UDP, and TCP for what does not fit",
  }),
  timeout: z
    .string()
    .regex(DURATION, { error: "expected a duration such as 500ms or 5s", abort: true })
    .transform((text) => parseDuration(text) ?? z.NEVER)
    .refine((span) => span >= 10 && span <= 60_000, "expected between 10ms and 60s")
    .prefault("5s")
    .meta({ description: "How long one answer is waited for, repetitions included" }),
});

export type Rfc2136Config = z.output<typeof configSchema>;

function isAlgorithm(text: string): text is TsigAlgorithm {
  return Object.hasOwn(TSIG_ALGORITHMS, text);
}
