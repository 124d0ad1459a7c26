import type { Address } from "#core/address.ts";
import { isSuccess } from "#core/outcome.ts";
import { type RecordId, recordId } from "#core/record.ts";
import type { EngineEvent } from "#engine/events.ts";
import { type SharedAddress, withPassed, withPublished } from "#kubernetes/cluster/shared-address.ts";

/** What an engine learnt about one record, as far as it concerns other nodes. */
export type RecordNews =
  /** It holds our address: read, or written. */
  | { readonly kind: "right"; readonly record: RecordId; readonly address: Address }
  /** This node could not read it, or write that address; another one may. */
  | { readonly kind: "passed"; readonly record: RecordId; readonly address?: Address };

/**
 * A refusal concerns nobody else: other nodes have the same secret. Nor does a lost answer: whoever sent the request
 * reads before it writes again.
 */
export function recordNewsOf(event: EngineEvent): readonly RecordNews[] {
  if (event.kind === "published") {
    const { change, outcome } = event;
    const record = recordId(change.record);
    if (isSuccess(outcome)) return [{ kind: "right", record, address: change.address }];
    return outcome.kind === "failed" ? [{ kind: "passed", record, address: change.address }] : [];
  }
  if (event.kind !== "planned") return [];
  return event.plan.flatMap((decision): readonly RecordNews[] => {
    const record = recordId(decision.record);
    if (decision.kind === "in-sync") return [{ kind: "right", record, address: decision.address }];
    return decision.kind === "keep" && decision.reason.kind === "unread" ? [{ kind: "passed", record }] : [];
  });
}

/** The shared address with what this node learnt. */
export function withNews(shared: SharedAddress, news: RecordNews, node: string): SharedAddress {
  if (news.kind === "passed") return withPassed(shared, news.record, node);
  return withPublished(shared, news.record, news.address);
}
