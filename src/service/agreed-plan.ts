import { createHash } from "node:crypto";
import type { Plan } from "#core/plan.ts";
import type { RecordSet } from "#core/record.ts";
import type { Operations } from "#service/context.ts";

/**
 * What a person agreed to: equal as long as the same would be written. What is kept or right may come and go
 * meanwhile.
 */
export function planDigest(plan: Plan): string {
  const changes = plan.flatMap((decision) => {
    if (decision.kind !== "change") return [];
    const { record, before, after, reason } = decision.change;
    return [[record.provider, record.name, record.type, setKey(before), setKey(after), reason]];
  });
  return createHash("sha256").update(JSON.stringify(changes)).digest("base64url").slice(0, 22);
}

/**
 * Starts the round that makes the changes, unless it would make others than those that the digest stands for.
 *
 * @returns the plan as it is now, when it is another one; else nothing, once the round is over
 */
export async function makeAgreedChanges(
  { plan, round }: Pick<Operations, "plan" | "round">,
  digest: string,
  signal: AbortSignal,
): Promise<Plan | undefined> {
  const current = await plan(signal);
  if (planDigest(current) !== digest) return current;
  await round(signal);
  return undefined;
}

function setKey(set: RecordSet | undefined): string {
  return set ? `${set.values.map(({ text }) => text).join(" ")} ${set.ttl ?? ""}` : "";
}
