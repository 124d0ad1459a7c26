import type { Findings } from "#config/findings.ts";
import type { Environment } from "#config/location.ts";
import { isMapping } from "#config/raw.ts";

const PLACEHOLDER = "{node}";

export interface NodeNames {
  /** With the name of this node in place of `{node}`. */
  readonly entries: unknown;
  /** Every record is one of this node alone. */
  readonly isPerNode: boolean;
}

/**
 * Records whose name has `{node}` in it: each node of a cluster publishes its own address under a name of its own.
 *
 * @param value of `records`
 */
export function withNodeNames(value: unknown, env: Environment, findings: Findings): NodeNames {
  if (!Array.isArray(value) || !value.some(isOfNode)) return { entries: value, isPerNode: false };
  const node = env["NODE_NAME"] ?? "";
  if (node === "") {
    const message = `Cannot use "${PLACEHOLDER}" in the name of a record: NODE_NAME is not set, expected the name of this node`;
    findings.problem(["records"], message, "in Kubernetes, from spec.nodeName by the downward API");
  }
  const shared = value.findIndex((entry) => !isOfNode(entry));
  if (shared >= 0) {
    const message = `Cannot publish records of nodes and of the whole cluster: a name without "${PLACEHOLDER}" stands among names with it`;
    const hint = "nodes with records of their own may sit behind different addresses; use two releases";
    findings.problem(["records", shared], message, hint);
  }
  return { entries: value.map((entry) => substituted(entry, node === "" ? "node" : node)), isPerNode: true };
}

function isOfNode(entry: unknown): boolean {
  return isMapping(entry) && typeof entry["name"] === "string" && entry["name"].includes(PLACEHOLDER);
}

function substituted(entry: unknown, node: string): unknown {
  if (!isMapping(entry) || typeof entry["name"] !== "string") return entry;
  return { ...entry, name: entry["name"].replaceAll(PLACEHOLDER, node) };
}
