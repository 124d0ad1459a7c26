import { z } from "zod";
import type { Capabilities } from "#core/provider.ts";
import type { SecretReference } from "#core/secret.ts";
import { milliseconds, seconds } from "#core/units.ts";
import type { Registries } from "#config/registries.ts";
import { secretReference } from "#schemas/secret.ts";
import { defineProvider } from "#providers/definition.ts";
import { operatorOfHost } from "#sources/_shared/operator-of-host.ts";
import { defineSource } from "#sources/definition.ts";

/** Plug-ins for tests of the configuration alone, in the shapes that real ones have. */

const capable: Capabilities = {
  granularity: "record-set",
  types: { A: "yes", AAAA: "yes" },
  ttl: { min: seconds(300), max: seconds(2_592_000) },
  wildcard: "yes",
  apex: "yes",
  multipleValues: "yes",
  read: "yes",
  batch: 1,
  pacing: { requests: 10, per: milliseconds(1000), source: "made up" },
};

const api = defineProvider({
  id: "gandi",
  title: "Gandi LiveDNS",
  docsUrl: "https://api.gandi.net/docs/livedns/",
  description: "An API with a token.",
  config: z.strictObject({
    token: secretReference.meta({ description: "Token" }),
    scheme: z.enum(["bearer", "apikey"]).default("bearer").meta({ description: "Scheme" }),
    endpoint: z.url().prefault("https://api.gandi.net").meta({ description: "Base URL" }),
  }),
  example: { token: "x" },
  capabilities: () => capable,
  secrets: ({ token }) => [token],
  create: refuseToCreate,
});

const server = defineProvider({
  id: "rfc2136",
  title: "DNS UPDATE",
  docsUrl: "https://www.rfc-editor.org/rfc/rfc2136",
  description: "A name server.",
  config: z.strictObject({
    server: z.string().meta({ description: "Host" }),
    port: z.int().min(1).max(65_535).default(53).meta({ description: "Port" }),
    zone: z.string().meta({ description: "Zone" }),
    key: z
      .strictObject({
        name: z.string().meta({ description: "Name" }),
        algorithm: z.enum(["hmac-sha256", "hmac-sha512"]).default("hmac-sha256").meta({ description: "MAC" }),
        secret: secretReference.meta({ description: "Secret" }),
      })
      .optional()
      .meta({ description: "TSIG key" }),
  }),
  example: { server: "192.0.2.53", zone: "example.org" },
  capabilities: () => ({ ...capable, granularity: "message", ttl: { min: seconds(0), max: seconds(2 ** 31 - 1) } }),
  secrets: ({ key }): readonly SecretReference[] => (key ? [key.secret] : []),
  create: refuseToCreate,
});

const limited = defineProvider({
  id: "dyndns2",
  title: "dyndns2",
  docsUrl: "https://help.dyn.com/remote-access-api/",
  description: "A protocol that can do little.",
  config: z.strictObject({
    server: z.string().meta({ description: "Host" }),
    username: z.string().meta({ description: "User" }),
    password: secretReference.meta({ description: "Password" }),
  }),
  example: { server: "update.example.net", username: "me", password: "x" },
  capabilities: () => ({
    ...capable,
    types: { A: "yes", AAAA: { no: "the service takes IPv4 addresses only" } },
    ttl: { no: "the protocol has no TTL" },
    wildcard: { no: "the protocol names hosts" },
    apex: { no: "the service has hosts below its own domain alone" },
    multipleValues: { no: "an update sets one address" },
  }),
  secrets: ({ password }) => [password],
  create: refuseToCreate,
});

const memory = defineProvider({
  id: "memory",
  title: "Memory",
  docsUrl: "https://example.org/memory",
  description: "Nothing is published.",
  config: z.strictObject({}),
  example: {},
  capabilities: () => capable,
  secrets: () => [],
  create: refuseToCreate,
});

const stun = defineSource({
  kind: "stun",
  title: "STUN",
  description: "STUN servers.",
  config: z.strictObject({
    servers: z
      .array(
        z
          .strictObject({
            host: z.string().min(1),
            port: z.int().min(1).max(65_535).default(3478),
            transport: z.enum(["udp", "tcp", "tls"]).default("udp"),
            operator: z.string().optional(),
          })
          .transform((entry) => ({ ...entry, operator: entry.operator ?? operatorOfHost(entry.host) })),
      )
      .optional(),
    lists: z
      .strictObject({
        udp: z.url().optional(),
        tcp: z.url().optional(),
        udpLimit: z.int().min(1).max(50).default(5),
        tcpLimit: z.int().min(1).max(50).default(5),
        probation: z.boolean().default(true),
      })
      .optional(),
    mappedAddress: z.boolean().default(true),
    announce: z.boolean().default(false),
  }),
  create: refuseToCreate,
});

const http = defineSource({
  kind: "http",
  title: "HTTP",
  description: "Web services.",
  config: z.strictObject({
    services: z
      .array(
        z.strictObject({
          url: z.url(),
          operator: z.string().optional(),
          insecure: z.boolean().default(false),
        }),
      )
      .min(1)
      .optional(),
    announce: z.boolean().default(false),
  }),
  create: refuseToCreate,
});

const whoami = defineSource({
  kind: "whoami",
  title: "whoami",
  description: "DNS servers.",
  config: z.strictObject({ services: z.array(z.strictObject({ server: z.string() })).optional() }),
  create: refuseToCreate,
});

const hostInterface = defineSource({
  kind: "interface",
  title: "Interfaces",
  description: "The host's own.",
  config: z.union([z.literal(true).transform(() => ({})), z.strictObject({ name: z.string().optional() })]),
  create: refuseToCreate,
});

const file = defineSource({
  kind: "file",
  title: "File",
  description: "A file.",
  config: z.strictObject({ path: z.string().min(1) }),
  create: refuseToCreate,
});

export const standIns: Registries = {
  providers: { gandi: api, rfc2136: server, dyndns2: limited, memory },
  sources: { stun, http, whoami, interface: hostInterface, file },
};

/** Validation never needs a live one. */
function refuseToCreate(): never {
  throw new TypeError("a stand-in was asked to work");
}
