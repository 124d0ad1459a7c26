import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Cluster } from "./cluster.ts";

/** A request that the API server answered. */
export interface AuditEntry {
  /** When it was received, in milliseconds since 1970. */
  readonly at: number;
  /** Of the pod whose token it came with; empty: of none. */
  readonly pod: string;
  readonly user: string;
  /** What a client says of itself, e.g. `esddns/1.0.0 leader-election`. */
  readonly agent: string;
  /** Of RBAC. */
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly uri: string;
  readonly code: number;
  /** What was sent, where the cluster logs `bodies`. */
  readonly body: unknown;
}

const POD = "authentication.kubernetes.io/pod-name";

const line = z.object({
  auditID: z.string(),
  requestReceivedTimestamp: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  userAgent: z.string().default(""),
  user: z.object({
    username: z.string().default(""),
    extra: z.record(z.string(), z.array(z.string())).default({}),
  }),
  objectRef: z
    .object({
      resource: z.string().default(""),
      namespace: z.string().default(""),
      name: z.string().default(""),
    })
    .default({ resource: "", namespace: "", name: "" }),
  responseStatus: z.object({ code: z.number() }).default({ code: 0 }),
  requestObject: z.unknown().optional(),
});

/** All requests so far but the cluster's own, in the order in which they came. A watch counts when it begins. */
export function readAuditLog({ folder }: Pick<Cluster, "folder">, namespace: string): readonly AuditEntry[] {
  const lines = readFileSync(path.join(folder, "audit.log"), "utf8").split("\n").slice(0, -1);
  const entries = new Map<string, AuditEntry>();
  for (const text of lines) {
    if (!text.includes(namespace)) continue;
    const entry = line.parse(JSON.parse(text));
    // Its end is logged once more
    if (!entries.has(entry.auditID)) entries.set(entry.auditID, entryOf(entry));
  }
  return [...entries.values()]
    .filter((entry) => entry.namespace === namespace)
    .toSorted((a, b) => a.at - b.at);
}

function entryOf(entry: z.output<typeof line>): AuditEntry {
  return {
    at: timeOf(entry.requestReceivedTimestamp),
    pod: entry.user.extra[POD]?.[0] ?? "",
    user: entry.user.username,
    agent: entry.userAgent,
    verb: entry.verb,
    ...entry.objectRef,
    uri: entry.requestURI,
    code: entry.responseStatus.code,
    body: entry.requestObject,
  };
}

/** With its microseconds: two requests may come within one millisecond. */
function timeOf(text: string): number {
  const micros = /\.\d{3}(\d{3})/.exec(text)?.[1] ?? "0";
  return Date.parse(text) + Number(micros) / 1000;
}
