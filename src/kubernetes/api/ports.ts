export type ApiMethod = "GET" | "PATCH" | "POST" | "PUT";

export interface ApiRequest {
  readonly method: ApiMethod;
  /** Path and query as they go onto the wire, from the first slash. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** The head of an answer, and its body as it comes: a watch's goes on for minutes. */
export interface ApiAnswer {
  readonly status: number;
  /** Names in lower case; repeated headers joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Pieces as the network delivered them; to be read once. Whoever stops reading early ends the connection.
   *
   * @throws {TransportError} (rejects) when it is cut off
   * @throws {CancelledError} (rejects)
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** The way to one API server, its authentication included. */
export interface ApiTransport {
  /**
   * Sends a request and resolves with the head of its answer. It sets no limit of time or size: the caller does, by
   * the signal, which ends the connection until the body is read.
   *
   * @throws {TransportError} (rejects) codes as of `Http` in core/ports.ts
   * @throws {ConfigError} (rejects) when the token or the certificates cannot be read
   * @throws {CancelledError} (rejects)
   */
  open(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer>;
}
