import type { ApiAnswer } from "#kubernetes/api/ports.ts";

const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Expired",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
};

/** What a Status says beside its code. */
export interface StatusDetail {
  readonly reason?: string;
  /** Seconds, as the header and the Status say it. */
  readonly retryAfter?: number;
}

export function eventLine(type: string, object: object): string {
  return JSON.stringify({ type, object });
}

export function statusBody(code: number, message: string, { reason, retryAfter }: StatusDetail = {}): object {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: reason ?? REASONS[code],
    ...(retryAfter === undefined ? {} : { details: { retryAfterSeconds: retryAfter } }),
    code,
  };
}

export function statusAnswer(status: number, message: string, fault: StatusDetail = {}): ApiAnswer {
  const { retryAfter } = fault;
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  return { ...jsonAnswer(status, statusBody(status, message, fault)), headers };
}

export function jsonAnswer(status: number, value: object): ApiAnswer {
  async function* body() {
    yield Buffer.from(JSON.stringify(value));
  }
  return { status, headers: { "content-type": "application/json" }, body: body() };
}
