import { type ErrorDetail, EsddnsError } from "#core/errors.ts";

/** Why a notification was not taken. */
export type DeliveryCode =
  | "authentication"
  | "not-found"
  | "rate-limited"
  | "redirected"
  | "refused"
  | "server-error"
  | "unreadable";

/** The service at the other end answered, and the answer is no. */
export class DeliveryError extends EsddnsError {
  /** As the service said it. */
  readonly status: number | undefined;

  constructor(
    message: string,
    detail: ErrorDetail & { readonly code: DeliveryCode; readonly status?: number | undefined },
  ) {
    super(message, detail);
    this.status = detail.status;
  }
}
