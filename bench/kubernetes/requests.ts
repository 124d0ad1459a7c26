import type { Crowd } from "../../e2e/kube/crowd.ts";
import { pause } from "../clock.ts";
import type { Row } from "../rows.ts";
import { type Role, type RoleLoad, roleLoads } from "./role-loads.ts";

export interface RequestLoads {
  /** In each crowd. */
  readonly agents: readonly number[];
  /** Seconds until a leader has counted its agents, and all know who is keen to be next. */
  readonly settling: number;
  /** Seconds for which requests are counted. */
  readonly span: number;
}

const WORDS: Readonly<Record<Role, string>> = { leader: "leader", keen: "keen", follower: "others" };

/** What standing crowds ask of the API server, by its audit log. */
export async function requestRows(
  crowds: readonly Crowd[],
  { settling, span }: RequestLoads,
): Promise<readonly Row[]> {
  await pause(settling * 1000);
  const since = Date.now();
  await pause(span * 1000);
  return Promise.all(crowds.map((crowd) => requestRow(crowd, since, span)));
}

async function requestRow(crowd: Crowd, since: number, span: number): Promise<Row> {
  const leader = (await crowd.fleet.leader()).pod.name;
  const until = since + span * 1000;
  const requests = crowd.requests.filter(({ at }) => at >= since && at < until);
  const pods = crowd.fleet.operators.map(({ pod }) => pod.name);
  const loads = roleLoads(pods, { requests, span, leader });
  const sum = loads.reduce((total, { agents, requests: each }) => total + agents * each, 0);
  return {
    what: `requests to the API server an agent and hour while nothing changes, with ${pods.length} agents on the chart's schedule`,
    reach: "shown",
    measured: `${shownRate(sum / pods.length)}: ${loads.map(shownLoad).join(", ")}; ${shownRate(sum)} in sum`,
    reached: undefined,
    note: `counted for ${span} s; ${loads.map(shownKinds).join("; ")}`,
    data: loads.map((load) => ({ ...load, kinds: Object.fromEntries(load.kinds) })),
  };
}

/** E.g. *3 keen 1,150*. */
function shownLoad({ role, agents, requests }: RoleLoad): string {
  return `${agents} ${WORDS[role]} ${shownRate(requests)}`;
}

function shownKinds({ role, kinds }: RoleLoad): string {
  const each = [...kinds].map(([kind, rate]) => `${kind} ${shownRate(rate)}`);
  return `${WORDS[role]}: ${[...each, "nothing else"].join(", ")}`;
}

function shownRate(rate: number): string {
  return rate.toFixed(rate < 10 ? 1 : 0);
}
