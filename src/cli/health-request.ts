import type { X509Certificate } from "node:crypto";
import { type ClientRequest, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { TLSSocket } from "node:tls";
import { describeError, TransportError } from "#core/errors.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";

/** Whom to ask. */
export interface HealthTarget {
  /** For people. */
  readonly name: string;
  readonly socket: { readonly host: string; readonly port: number } | { readonly socketPath: string };
  readonly path: string;
  readonly headers: { readonly host: string };
  readonly isTls: boolean;
  /**
   * The only one that is believed, whatever its names, its issuer and its last day; absent: those that the system
   * trusts.
   */
  readonly certificate?: X509Certificate | undefined;
}

/** Whoever runs a probe repeats it. */
const TIMEOUT = milliseconds(3000);
const NOBODY = "nothing listens there: is it running, or, behind a Service, is any of its pods ready?";

/** @throws {TransportError} (rejects) when there is no answer */
export function askHealth(
  target: HealthTarget,
  timeout: Milliseconds = TIMEOUT,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(noAnswer(target, timeout, error));
    const request = requestFor(target, AbortSignal.timeout(timeout));
    request.on("error", fail);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("error", fail);
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    request.end();
  });
}

function requestFor(
  { socket, path, headers, isTls, certificate }: HealthTarget,
  signal: AbortSignal,
): ClientRequest {
  const options = { ...socket, path, headers, agent: false, signal } as const;
  if (!isTls) return requestPlain(options);
  if (!certificate) return requestTls(options);
  // Instead of chain, name and date, the certificate itself is compared
  const request = requestTls({ ...options, rejectUnauthorized: false });
  request.on("socket", (tls) =>
    tls.once("secureConnect", () => {
      const shown = tls instanceof TLSSocket ? tls.getPeerX509Certificate() : undefined;
      if (!shown?.raw.equals(certificate.raw))
        request.destroy(new Error("it shows another certificate than the configured one"));
    }),
  );
  return request;
}

function noAnswer({ name }: HealthTarget, timeout: Milliseconds, error: unknown): TransportError {
  const isLate = error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
  const is = isLate ? `there was no answer within ${timeout} ms` : describeError(error);
  const isRefused = error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
  return new TransportError(`Cannot ask the daemon at ${name}: ${is}`, {
    code: "no-answer",
    hint: isRefused ? NOBODY : undefined,
    peer: name,
    phase: "sent",
    cause: error,
  });
}
