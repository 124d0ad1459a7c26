import { z } from "zod";
import { parseAddress } from "#core/address.ts";
import { operator } from "#core/witness.ts";
import { bareHost } from "#sources/_shared/bare-host.ts";
import { durationSchema } from "#sources/_shared/duration-schema.ts";
import { operatorOfHost } from "#sources/_shared/operator-of-host.ts";
import { describeService, familiesOf, QUESTION_TYPES, type WhoamiService } from "#sources/whoami/service.ts";
import { isHostName, isName } from "#wire/dns/host-name.ts";

const name = z
  .string()
  .transform((text) => text.trim().replace(/\.$/, ""))
  .refine(isName, "expected a name such as whoami.example.net")
  .meta({ description: "The name that stands for whoever asks" });

const host = z
  .string()
  .transform((text) => text.trim().replace(/^\[(.*)\]$/, "$1"))
  .refine(isHost, "expected a host name or an address, such as ns1.example.net");

const hosts = z
  .union([host.transform((one) => [one]), z.array(host).min(1)])
  .meta({ description: "Name or address of the server, or several, of which any is asked" });

const port = z.int().min(1).max(65_535);

const question = {
  name,
  type: z.enum(QUESTION_TYPES).default("address").meta({
    description: "A, AAAA or TXT; `address`: A when asked over IPv4, AAAA over IPv6",
  }),
  class: z.enum(["IN", "CH"]).default("IN").meta({ description: "IN, or CH for some servers' own names" }),
  authoritative: z.boolean().default(false).meta({
    description: "The server holds the name itself: any answer that does not say so is refused",
  }),
  operator: z.string().trim().min(1).optional().meta({
    description: "Who runs it: all witnesses of one operator share a vote. Default: the domain of its host.",
  }),
};

const service = z
  .discriminatedUnion("transport", [
    z.strictObject({
      ...question,
      transport: z.literal("udp").meta({ description: "Plain DNS: anybody on the path can forge it" }),
      server: hosts,
      port: port.default(53).meta({ description: "Port of the server" }),
    }),
    z.strictObject({
      ...question,
      transport: z.literal("tls").meta({ description: "DNS over TLS" }),
      server: hosts,
      port: port.default(853).meta({ description: "Port of the server" }),
      serverName: host.optional().meta({
        description: "Name in the server's certificate; default: `server`, where that is a name",
      }),
    }),
    z.strictObject({
      ...question,
      transport: z.literal("https").meta({ description: "DNS over HTTPS" }),
      url: z
        .url({
          protocol: /^https$/,
          abort: true,
          error: "expected an https URL, such as https://dns.example.net/dns-query",
        })
        .refine((text) => new URL(text).username + new URL(text).password === "", {
          error: "expected a URL without credentials",
        })
        .meta({ description: "Where queries are posted" }),
    }),
  ])
  .transform((entry, context): WhoamiService => {
    const { name, type, class: cls, authoritative } = entry;
    const access = accessOf(entry);
    if (access.transport === "tls" && access.serverName === "") {
      const message = "expected the name in the server's certificate, because `server` is an address";
      context.addIssue({ code: "custom", path: ["serverName"], message });
    }
    const by = entry.operator === undefined ? operatorOfHost(nameOf(access)) : operator(entry.operator);
    const service = { name, type, class: cls, authoritative, operator: by, access };
    if (familiesOf(service).length === 0) {
      const message = "expected a server of the family that the type stands for: A over IPv4, AAAA over IPv6";
      context.addIssue({ code: "custom", path: ["type"], message });
    }
    return service;
  });

export const configSchema = z.strictObject({
  services: z
    .array(service)
    .min(1)
    // A transform, for it runs only when every service is one
    .transform((services, context) => {
      const keys = services.map((service) => `${service.access.transport} ${describeService(service)}`);
      for (const [index, key] of keys.entries()) {
        if (keys.indexOf(key) === index) continue;
        context.addIssue({ code: "custom", path: [index], message: "this service is listed already" });
      }
      return services;
    })
    .optional()
    .meta({ description: "The services to ask instead of the curated ones." }),
  timeout: durationSchema({ min: "10ms", max: "60s" })
    .prefault("3s")
    .meta({ description: "For one answer, connection and repetitions included." }),
});

type Entry =
  | { readonly transport: "udp"; readonly server: readonly string[]; readonly port: number }
  | {
      readonly transport: "tls";
      readonly server: readonly string[];
      readonly port: number;
      readonly serverName?: string | undefined;
    }
  | { readonly transport: "https"; readonly url: string };

function accessOf(entry: Entry): WhoamiService["access"] {
  switch (entry.transport) {
    case "udp":
      return { transport: "udp", hosts: entry.server, port: entry.port };
    case "tls": {
      const named = entry.server.find((host) => !parseAddress(host)) ?? "";
      const serverName = entry.serverName ?? named;
      return { transport: "tls", hosts: entry.server, port: entry.port, serverName };
    }
    case "https":
      return { transport: "https", url: new URL(entry.url) };
  }
}

function nameOf(access: WhoamiService["access"]): string {
  if (access.transport === "https") return bareHost(access.url);
  return access.transport === "tls" && access.serverName !== "" ? access.serverName : access.hosts.join(",");
}

function isHost(text: string): boolean {
  return parseAddress(text) !== undefined || isHostName(text);
}
