import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import { AnswerError } from "#providers/_shared/answer-error.ts";
import { attempt } from "#providers/_shared/by-zone.ts";
import type { Zone } from "#providers/_shared/zones.ts";
import { type CloudflareApi, IDENTICAL_RECORD } from "#providers/cloudflare/api.ts";
import type { Operation } from "#providers/cloudflare/convert.ts";

/** A change and the operations, at least one, that make it. */
export interface Task {
  readonly change: Change;
  readonly operations: readonly Operation[];
}

/** Operations in one batch on the Free plan (how-to/batch-record-changes in Cloudflare's docs, read 2026-11-22). */
const BATCH = 200;

/** Several tasks go in batches, each of them a transaction; one that is refused is split, to find the culprit. */
export async function writeAll(
  api: CloudflareApi,
  zone: Zone,
  tasks: readonly Task[],
  signal: AbortSignal,
): Promise<readonly (readonly [Task, Outcome])[]> {
  const outcomes: (readonly [Task, Outcome])[] = [];
  for (const batch of batchesOf(tasks)) {
    const outcome = await writeBatch(api, zone, batch, signal);
    for (const task of batch) {
      outcomes.push([task, outcome ?? (await writeOne(api, zone, task, signal))]);
    }
  }
  return outcomes;
}

/** One request for each operation; what adds goes before what deletes, so that the name never runs empty. */
export function writeOne(api: CloudflareApi, zone: Zone, task: Task, signal: AbortSignal): Promise<Outcome> {
  return attempt(async () => {
    let isChanged = false;
    for (const operation of task.operations) {
      isChanged = (await send(api, zone, operation, signal)) || isChanged;
    }
    return { kind: isChanged ? "applied" : "unchanged" };
  });
}

/** @returns `undefined` when the tasks have to be tried one by one */
async function writeBatch(
  api: CloudflareApi,
  zone: Zone,
  tasks: readonly Task[],
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const operations = tasks.flatMap((task) => task.operations);
  if (operations.length < 2) return undefined;
  const outcome = await attempt(async () => {
    await api.sendBatch(zone, operations, signal);
    return { kind: "applied" };
  });
  const isOnesFault = outcome.kind === "refused" && outcome.cause !== "authentication";
  return isOnesFault ? undefined : outcome;
}

/** @returns whether it changed something */
async function send(
  api: CloudflareApi,
  zone: Zone,
  operation: Operation,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await api.send(zone, operation, signal);
    return true;
  } catch (error) {
    const isThere = error instanceof AnswerError && IDENTICAL_RECORD.includes(error.vendorCode ?? 0);
    if (isThere) return false;
    throw error;
  }
}

function batchesOf(tasks: readonly Task[]): readonly (readonly Task[])[] {
  const batches: Task[][] = [];
  let size = BATCH;
  for (const task of tasks) {
    size += task.operations.length;
    if (size > BATCH) {
      batches.push([]);
      size = task.operations.length;
    }
    batches.at(-1)?.push(task);
  }
  return batches;
}
