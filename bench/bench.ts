/**
 * `npm run bench`: what has to be fast and small, measured on the built package in a home network of its own with
 * a round trip of 40 ms, and beside a Kubernetes of its own. Prints a table, and writes JSON to
 * `bench/results/latest.json`.
 *
 * Usage: bench.ts [--quick] [--out FILE] [--only GROUP,…]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { Scratch } from "../e2e/scratch.ts";
import { buildProgram } from "./build.ts";
import { type Groups, homeGroups, kubernetesGroups } from "./groups.ts";
import { markdown, type Row, tally } from "./rows.ts";
import { World } from "./world.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean" }, out: { type: "string" }, only: { type: "string" } },
});
const quick = values.quick === true;
const only = values.only?.split(",");

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const scheduling = takePrecedence();
using scratch = new Scratch();
const program = buildProgram(scratch.folder);
const rows = [...(await homeRows()), ...(await measured(kubernetesGroups(quick), program))];
console.log(`${markdown(rows)}\n\n${tally(rows)}`);
const out = path.resolve(values.out ?? path.join(import.meta.dirname, "results/latest.json"));
mkdirSync(path.dirname(out), { recursive: true });
writeFileSync(
  out,
  `${JSON.stringify({ at: new Date().toISOString(), quick, scheduling, rows }, undefined, 2)}\n`,
);

/** There is no home where no group is to be measured in it. */
async function homeRows(): Promise<readonly Row[]> {
  const groups = homeGroups(quick);
  if (!Object.keys(groups).some(isWanted)) return [];
  using world = await World.open(program);
  const roundTrip = await world.roundTrip();
  console.log(`RTT: STUN ${roundTrip.udp.toFixed(1)} ms, TCP connect ${roundTrip.tcp.toFixed(1)} ms`);
  return await measured(groups, world);
}

async function measured<Place>(groups: Groups<Place>, place: Place): Promise<readonly Row[]> {
  const found: Row[] = [];
  for (const [name, measure] of Object.entries(groups)) {
    if (!isWanted(name)) continue;
    const startedAt = performance.now();
    found.push(...(await measure(place)));
    console.error(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  }
  return found;
}

function isWanted(group: string): boolean {
  return only?.includes(group) ?? true;
}

/** What is measured is the program, and not whatever else runs on this machine. Children inherit it. */
function takePrecedence(): string {
  const { status } = spawnSync("chrt", ["--rr", "--pid", "10", String(process.pid)], { stdio: "ignore" });
  if (status === 0) return "real time";
  try {
    os.setPriority(-10);
    return "nice -10";
  } catch {
    return "as all others";
  }
}
