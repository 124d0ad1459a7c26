import type { RecordSet } from "#core/record.ts";
import type { Milliseconds } from "#core/units.ts";

/** What became of one change at its provider. `words` are the provider's own, redacted. */
export type Outcome =
  /** The provider says that it was so already. */
  | { readonly kind: "unchanged" }
  | { readonly kind: "applied"; readonly words?: string | undefined; readonly set?: RecordSet | undefined }
  /** The request may have landed, its answer was lost: read before the next write. */
  | { readonly kind: "unconfirmed"; readonly error: unknown }
  /**
   * The provider understood and says no: no further attempt until the configuration or a secret changes. What
   * may pass by itself (a zone that is away for a moment, a conflict) and credentials are tried again by the hour.
   */
  | {
      readonly kind: "refused";
      readonly cause: "authentication" | "not-allowed" | "not-found" | "invalid" | "conflict";
      readonly words: string;
      readonly hint?: string | undefined;
      readonly mayPass?: boolean | undefined;
    }
  /** It certainly did not land; try again after `retryAfter`, or with the engine's own back-off. */
  | { readonly kind: "failed"; readonly error: unknown; readonly retryAfter?: Milliseconds | undefined };

/** Whether the record is right after it. */
export function isSuccess(outcome: Outcome): boolean {
  return outcome.kind === "applied" || outcome.kind === "unchanged";
}
