import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Nodes } from "./nodes.ts";
import { type Entry, OperatorLog, timeOf } from "./operator-log.ts";

/** What a process on a node takes, in MiB. */
export interface Memory {
  /** VmRSS. */
  readonly resident: number;
  /** Of all in the container, with what it has read from files. */
  readonly container: number;
  /** At which it would be killed. */
  readonly limit: number;
}

/** A container's line: time, stream, F for a full one, and what was printed. */
const LINE = /^\S+ \S+ F (.*)$/gm;

/**
 * What the pods of a namespace on a node have logged, those of before included as long as the kubelet keeps their files.
 * Neither the API server nor the node itself is asked: both may be stopped.
 */
export function logOn({ folder }: Nodes, node: string, namespace: string): readonly Entry[] {
  const pods = path.join(folder, node, "log/pods");
  const files = readdirSync(pods, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.startsWith(`${namespace}_`) && file.endsWith(".log"),
  );
  const entries = files.flatMap((file) => {
    const log = new OperatorLog();
    const lines = [...readFileSync(path.join(pods, file), "utf8").matchAll(LINE)].map(([, text]) => text);
    log.update(`${lines.join("\n")}\n`);
    return log.entries;
  });
  return entries.toSorted((a, b) => timeOf(a) - timeOf(b));
}

/** Of the one process of the operator on a node, and its container. */
export async function memoryOn(nodes: Nodes, node: `node-${number}`): Promise<Memory> {
  const script = `
    read -r pid < <(pgrep -f 'esddns[.]js operator')
    awk '/VmRSS/ { print $2 * 1024 }' /proc/$pid/status
    group=$(sed -n 's/^[0-9]*:memory://p' /proc/$pid/cgroup)
    if [[ $group ]]; then cat /sys/fs/cgroup/memory$group/memory.{usage,limit}_in_bytes
    else cat /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$pid/cgroup)/memory.{current,max}; fi`;
  const { status, stdout, stderr } = await nodes.on(node, ["bash", "-euc", script]);
  const [resident, container, limit] = stdout.split("\n").map((bytes) => Number(bytes) / 2 ** 20);
  if (status !== 0 || resident === undefined || container === undefined || limit === undefined)
    throw new Error(`Cannot weigh the pod on ${node}: ${stdout}${stderr}`);
  return { resident, container, limit };
}
