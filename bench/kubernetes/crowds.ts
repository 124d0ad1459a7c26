import { type ChangeSeen, RECORDS } from "../../e2e/kube/crowd.ts";
import type { Row } from "../rows.ts";
import { type CrowdLoads, type CrowdSeen, seeCrowd } from "./see-crowd.ts";
import { spanRow } from "./spans.ts";

const WITNESSES = 5;

/** A round every 10 s and a probe every second: what one leader does for any number of agents. */
export async function crowdRows(program: string, loads: CrowdLoads): Promise<readonly Row[]> {
  const seen: CrowdSeen[] = [];
  for (const agents of loads.agents) seen.push(await seeCrowd(agents, program, loads));
  return [
    questionsRow(seen, loads),
    changeWritesRow(seen),
    otherWritesRow(seen),
    ...seen.map(rightRow),
    ...seen.filter(({ agents }) => agents > 1).map(toldRow),
  ];
}

function questionsRow(seen: readonly CrowdSeen[], { quiet }: CrowdLoads): Row {
  const [first] = seen;
  // In so short a time it may have been one probe or one round more
  const limit = (first?.questions ?? 0) * 1.1 + (WITNESSES * 60) / quiet;
  return {
    what: `questions to witnesses a minute, with ${counts(seen)} agents (a probe each second, a round each 10 s)`,
    reach: "what one agent asks; the leader's alone",
    measured: `${listed(seen, ({ questions }) => questions.toFixed(0))}; others that asked: ${listed(seen, ({ others }) => String(others))}`,
    reached: seen.every(({ questions, others }) => questions <= limit && others === 0),
    note: `counted for ${quiet} s`,
    data: seen.map(({ agents, questions, others }) => ({ agents, questions, others })),
  };
}

function changeWritesRow(seen: readonly CrowdSeen[]): Row {
  const isOnce = ({ changes, writes }: CrowdSeen) =>
    writes === changes.length * RECORDS.length &&
    changes.every((change) => RECORDS.every((record) => writesOf(change, record) === 1));
  const rate = ({ changes, writes }: CrowdSeen) => writes / (changes.length * RECORDS.length);
  return {
    what: `writes at the provider for a change and record, with ${counts(seen)} agents`,
    reach: "1",
    measured: listed(seen, (one) => String(rate(one))),
    reached: seen.every(isOnce),
    note: `${seen[0]?.changes.length ?? 0} changes of ${RECORDS.length} records each`,
    data: seen.map(({ agents, changes, writes }) => ({
      agents,
      writes,
      changes: changes.map((change) => RECORDS.map((record) => writesOf(change, record))),
    })),
  };
}

function writesOf({ writes }: ChangeSeen, record: string): number {
  return writes.filter(({ name }) => name === record).length;
}

function otherWritesRow(seen: readonly CrowdSeen[]): Row {
  return {
    what: "… when nothing has changed; when all agents are restarted, stopped in order and killed",
    reach: "0; 0",
    measured: `${listed(seen, ({ idle }) => String(idle))}; ${listed(seen, ({ restarts }) => String(restarts))}`,
    reached: seen.every(({ idle, restarts }) => idle === 0 && restarts === 0),
    data: seen.map(({ agents, idle, restarts }) => ({ agents, idle, restarts })),
  };
}

function rightRow({ agents, changes }: CrowdSeen): Row {
  return spanRow(
    {
      what: `from the leader's probe to all records right at the provider, with ${agents} ${agents === 1 ? "agent" : "agents"}`,
      limits: { worst: 2000 },
    },
    changes.map(({ toRight }) => toRight),
  );
}

function toldRow({ agents, changes }: CrowdSeen): Row {
  return spanRow(
    {
      what: `from the ConfigMap's write to an agent that knows, with ${agents} agents`,
      limits: { p99: 1000 },
    },
    changes.flatMap(({ told }) => told),
  );
}

/** E.g. *1, 10, 100*. */
function counts(seen: readonly CrowdSeen[]): string {
  return listed(seen, ({ agents }) => String(agents));
}

function listed(seen: readonly CrowdSeen[], of: (one: CrowdSeen) => string): string {
  return seen.map(of).join(", ");
}
