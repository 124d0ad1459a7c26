import type { AuditEntry } from "../../e2e/kube/audit-log.ts";

export type Role = "follower" | "keen" | "leader";

/** What the agents of a role asked of the API server, per agent and hour. */
export interface RoleLoad {
  readonly role: Role;
  readonly agents: number;
  readonly requests: number;
  /** By resource and verb of RBAC. */
  readonly kinds: ReadonlyMap<string, number>;
}

const ROLES: readonly Role[] = ["leader", "keen", "follower"];
const HOUR = 3600;
/** Who looks at the Lease more often is keen: each 2 to 4.4 s, and the others ten times less often. */
const KEEN_EACH = 10;

/** Requests of so many seconds, and who leads. */
export interface Counted {
  readonly requests: readonly AuditEntry[];
  readonly span: number;
  readonly leader: string;
}

/** @param pods those that ask for nothing among them */
export function roleLoads(pods: readonly string[], counted: Counted): readonly RoleLoad[] {
  const roles = Map.groupBy(pods, (pod) => roleOf(pod, counted));
  return ROLES.flatMap((role) => {
    const its = roles.get(role);
    return its ? [loadOf(role, its, counted)] : [];
  });
}

function roleOf(pod: string, counted: Counted): Role {
  if (pod === counted.leader) return "leader";
  return isKeen(pod, counted) ? "keen" : "follower";
}

function isKeen(pod: string, { requests, span }: Counted): boolean {
  const looks = requests.filter((one) => one.pod === pod && one.resource === "leases" && one.verb === "get");
  return looks.length > span / KEEN_EACH;
}

function loadOf(role: Role, pods: readonly string[], { requests, span }: Counted): RoleLoad {
  const theirs = requests.filter(({ pod }) => pods.includes(pod));
  const hourly = (count: number) => (count / pods.length / span) * HOUR;
  const kinds = [...Map.groupBy(theirs, kindOf)]
    .map(([kind, { length }]) => [kind, hourly(length)] as const)
    .toSorted(([, a], [, b]) => b - a);
  return { role, agents: pods.length, requests: hourly(theirs.length), kinds: new Map(kinds) };
}

/** There are two ConfigMaps, and one of everything else. */
function kindOf({ resource, name, verb }: AuditEntry): string {
  return `${resource === "configmaps" ? name : resource} ${verb}`;
}
