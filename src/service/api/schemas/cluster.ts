import { z } from "zod";
import { RECORD_TYPES } from "#core/record.ts";
import { ALONE_REASONS } from "#state/cluster.ts";
import { address, at, components, list, maybeAt, span } from "#service/api/schemas/common.ts";

const role = {
  role: z.enum(["alone", "following", "independent", "leading"]).register(components, {
    id: "ClusterRole",
    description:
      "leading: detects for all; following: takes the leader's word; alone: detects for itself, because the shared address cannot be relied on; independent: every node has records of its own",
  }),
  aloneBecause: z.enum(ALONE_REASONS).nullable(),
};

const sharedRecord = z.strictObject({
  record: z.templateLiteral([z.string().min(1).max(253), "/", z.enum(RECORD_TYPES)]),
  published: address.nullable().meta({ description: "What it was confirmed to hold; null: nothing yet" }),
  done: z.boolean().meta({ description: "It holds what it should" }),
  passedBy: list(z.string()).meta({ description: "Nodes that tried to write it and could not" }),
});

const sharedAddress = z
  .strictObject({
    ipv4: address.nullable(),
    ipv6: address.nullable(),
    detectedAt: at.meta({ description: "When witnesses confirmed it last, by the leader's clock" }),
    changedAt: maybeAt,
    epoch: z.number().int().meta({ description: "A reign; grows with every new leader" }),
    sequence: z.number().int().meta({ description: "Grows with every version within a reign" }),
    validForMs: span.meta({ description: "How long a version may be relied on" }),
    agreement: z.string().meta({ description: "Who agreed, for people" }),
    leader: z.string().meta({ description: "The node that told it" }),
    seenAt: at.meta({ description: "When this version reached this pod" }),
    stale: z.boolean(),
    records: list(sharedRecord),
  })
  .register(components, { id: "SharedAddress", description: "What the leader tells its cluster" });

const loadBalancer = z
  .strictObject({
    kind: z.enum(["address", "hostname", "none", "pending"]),
    service: z.string(),
    address: z.string().optional(),
    public: z
      .boolean()
      .optional()
      .meta({ description: "Whether the Internet can reach the address by itself" }),
    hostname: z.string().optional(),
  })
  .register(components, { id: "LoadBalancer", description: "What the watched Service has got" });

export const cluster = z
  .strictObject({
    namespace: z.string(),
    node: z.string(),
    pod: z.string(),
    ...role,
    since: at.meta({ description: "Since when this pod has its role" }),
    holder: z.string().nullable().meta({ description: "Of the Lease, as far as was seen; null: nobody" }),
    watching: z.boolean().meta({ description: "Whether a watch of the shared address is open" }),
    shared: sharedAddress.nullable(),
    agents: list(
      z.strictObject({ node: z.string(), pod: z.string(), ...role, lastWord: at, stale: z.boolean() }),
    ),
    loadBalancer: loadBalancer.nullable().meta({ description: "null: no Service is watched" }),
    leaderChanges: z.number().int().meta({ description: "Of this process: how often it saw another leader" }),
    takeovers: z
      .number()
      .int()
      .meta({ description: "Of this process: records that it wrote in place of a leader that could not" }),
  })
  .register(components, { id: "Cluster", description: "What this pod knows of its cluster" });
