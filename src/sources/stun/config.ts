import { z } from "zod";
import { parseAddress } from "#core/address.ts";
import { operator } from "#core/witness.ts";
import { durationSchema } from "#sources/_shared/duration-schema.ts";
import { operatorOfHost } from "#sources/_shared/operator-of-host.ts";
import { DEFAULT_PORTS, parseHost, serverId, type StunServer, TRANSPORTS } from "#sources/stun/server.ts";

const host = z.string().transform((text, context) => {
  const parsed = parseHost(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({
    code: "custom",
    message: "expected a host name or an address, such as stun.example.net",
  });
  return z.NEVER;
});

const server = z
  .strictObject({
    host: host.meta({ description: "Name or address." }),
    port: z.int().min(1).max(65535).optional().meta({ description: "3478, or 5349 for tls, unless given." }),
    transport: z
      .enum(TRANSPORTS)
      .default("udp")
      .meta({ description: "udp is the fastest; tls proves who answers, and needs a host name." }),
    operator: z
      .string()
      .trim()
      .min(1)
      .optional()
      .meta({ description: "Who runs it: all witnesses of one operator share a vote. Default: its domain." }),
  })
  .superRefine(({ host, transport }, context) => {
    // RFC 7064 section 3.1: a stuns URI must not hold an address, for there would be no name to verify
    if (transport !== "tls" || !parseAddress(host)) return;
    const message = "expected a host name: a certificate cannot be verified for an address";
    context.addIssue({ code: "custom", path: ["host"], message });
  })
  .transform((entry): StunServer => {
    const port = entry.port ?? DEFAULT_PORTS[entry.transport];
    const by = entry.operator === undefined ? operatorOfHost(entry.host) : operator(entry.operator);
    return { host: entry.host, port, transport: entry.transport, operator: by, probation: false };
  });

const servers = z.array(server).superRefine((servers, context) => {
  const ids = servers.map((server) => serverId(server));
  for (const [index, id] of ids.entries()) {
    if (ids.indexOf(id) === index) continue;
    context.addIssue({ code: "custom", path: [index], message: "this server is listed already" });
  }
});

const listUrl = z
  .url({ protocol: /^https?$/, error: "expected a URL such as https://lists.example.net/stun.txt" })
  .refine((text) => new URL(text).username === "" && new URL(text).password === "", {
    error: "expected a URL without credentials",
  });

const limit = z.int().min(1).max(50);

const lists = z
  .strictObject({
    udp: listUrl
      .optional()
      .meta({ description: "List of servers to ask over UDP: one host:port in each line." }),
    tcp: listUrl.optional().meta({ description: "The same for TCP." }),
    limit: limit.default(5).meta({ description: "How many of each list are asked, drawn at random." }),
    udpLimit: limit.optional().meta({ description: "For the list of UDP servers; `limit` unless given." }),
    tcpLimit: limit.optional().meta({ description: "For the list of TCP servers; `limit` unless given." }),
    probation: z.boolean().default(true).meta({
      description:
        "Whether a server from a list has no vote until it agreed with the others for some rounds.",
    }),
  })
  .refine(({ udp, tcp }) => udp !== undefined || tcp !== undefined, { error: "expected the URL of a list" });

export const stunConfig = z
  .strictObject({
    servers: servers.optional().meta({ description: "The servers to ask instead of the curated ones." }),
    lists: lists.optional().meta({ description: "Public lists of servers, fetched at most daily." }),
    rto: durationSchema({ min: "100ms", max: "3s" }).prefault("500ms").meta({
      description: "UDP: wait before the first retransmission, doubled after each (RTO of RFC 8489).",
    }),
    maxRequests: z
      .int()
      .min(1)
      .max(10)
      .default(7)
      .meta({ description: "UDP: how often a request is sent at most (Rc of RFC 8489)." }),
    lastWait: z
      .int()
      .min(1)
      .max(64)
      .default(16)
      .meta({ description: "UDP: wait after the last request, as a multiple of `rto` (Rm of RFC 8489)." }),
    streamTimeout: durationSchema({ min: "100ms", max: "2m" })
      .prefault("39.5s")
      .meta({ description: "TCP and TLS: for one answer, connection included (Ti of RFC 8489)." }),
    mappedAddress: z.boolean().default(true).meta({
      description:
        "Whether MAPPED-ADDRESS counts where XOR-MAPPED-ADDRESS is missing; gateways may rewrite it.",
    }),
    announce: z
      .boolean()
      .default(false)
      .meta({ description: "Log every answer at level info instead of debug." }),
  })
  .refine(({ servers, lists }) => servers?.length !== 0 || lists !== undefined, {
    path: ["servers"],
    error: "expected at least one server, or `lists`",
  });

export type ListsConfig = z.output<typeof lists>;
