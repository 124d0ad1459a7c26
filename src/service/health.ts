import type { ServiceContext } from "#service/context.ts";
import type { Answer, Route, ServiceRequest } from "#service/http/route.ts";
import type { ClusterState } from "#state/cluster.ts";
import type { State } from "#state/state.ts";

interface Check {
  /** Without any address or name: everybody may read it. */
  readonly name: string;
  readonly isWell: boolean;
}

/**
 * In a round that goes on, something happens every 30 s, the deadline of a provider's call; only pauses between the
 * attempts of a `dns.ini` can be longer. To end a daemon too early is worse than to end it late.
 */
const PATIENCE = 5 * 60_000;
/**
 * A candidate looks at the Lease every few seconds, in reserve within 44 s, and each look ends within ten, whether or not
 * the API server answers. A leader that does not get through steps down by itself: this is for one that hangs.
 */
const LEASE_PATIENCE = 2 * 60_000;

/**
 * For probes, which have no password. `live`: the loop turns, and in a cluster the election, too; `ready`: a verdict is known for one family at least,
 * the configuration being valid or else there would be no daemon. Whether a record is right is said by record, and
 * is no probe's business: a provider that is down must not end the daemon that waits for it.
 */
export function healthRoutes({
  state,
  now,
  cluster,
}: Pick<ServiceContext, "cluster" | "now" | "state">): readonly Route[] {
  const live = () => [
    { name: "loop", isWell: isTurning(state(), now()) },
    ...(cluster ? [{ name: "election", isWell: isContending(cluster(), now()) }] : []),
  ];
  const ready = () => [
    { name: "configuration", isWell: true },
    { name: "verdict", isWell: hasVerdict(state()) },
  ];
  return [probe("/livez", live), probe("/readyz", ready), probe("/healthz", () => [...live(), ...ready()])];
}

function probe(path: string, checks: () => readonly Check[]): Route {
  return { method: "GET", path, access: "open", handle: (request) => answer(checks(), request) };
}

function answer(checks: readonly Check[], { query }: ServiceRequest): Answer {
  const failed = checks.filter(({ isWell }) => !isWell);
  const verdict = failed.length === 0 ? "ok" : `failed: ${failed.map(({ name }) => name).join(", ")}`;
  const details = checks.map(({ name, isWell }) => `${name}: ${isWell ? "ok" : "failed"}\n`);
  return {
    kind: "text",
    type: "text/plain; charset=utf-8",
    text: query.has("verbose") ? [...details, `${verdict}\n`].join("") : `${verdict}\n`,
    status: failed.length === 0 ? 200 : 503,
  };
}

/** Whether the engine did something lately, or has nothing to do yet; a wall clock that is set changes nothing. */
function isTurning({ signOfLife, round, next }: State, now: Date): boolean {
  const signs = [signOfLife, ...(round ? [] : [next.round, next.probe])];
  const newest = Math.max(...signs.map((sign) => sign?.getTime() ?? 0));
  return now.getTime() - newest <= PATIENCE;
}

/** Nodes that lead nobody, and those that wait until there is need of them, do not look at the Lease. */
function isContending({ leaseTriedAt }: ClusterState, now: Date): boolean {
  return leaseTriedAt === undefined || now.getTime() - leaseTriedAt.getTime() <= LEASE_PATIENCE;
}

function hasVerdict({ families }: State): boolean {
  return families.some(({ decided }) => decided?.verdict.kind === "known");
}
