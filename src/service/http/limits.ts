/** What one caller, and all of them together, may take. Times in milliseconds, sizes in bytes. */
export interface Limits {
  /** Request line and headers together. */
  readonly headerBytes: number;
  readonly targetBytes: number;
  readonly bodyBytes: number;
  /** From the first byte, or the connection, to the end of the headers. */
  readonly headersTime: number;
  /** To the end of the body. */
  readonly requestTime: number;
  /** A connection that waits for another request. */
  readonly idleTime: number;
  /** A reader that takes nothing of an answer. */
  readonly writeTime: number;
  readonly requestsPerConnection: number;
  readonly connections: number;
  /** Of them, for this host alone. */
  readonly connectionsReserved: number;
  readonly connectionsPerClient: number;
  readonly streams: number;
  readonly streamsPerClient: number;
  /** What may wait for a reader of a stream. */
  readonly streamBytes: number;
  /** What may wait in large answers for all readers together. */
  readonly backlogBytes: number;
  /** From the wish to end to the end of whoever is still there. */
  readonly closeTime: number;
}

export const LIMITS: Limits = {
  headerBytes: 16 * 1024,
  targetBytes: 8 * 1024,
  bodyBytes: 64 * 1024,
  headersTime: 10_000,
  requestTime: 20_000,
  idleTime: 10_000,
  writeTime: 30_000,
  requestsPerConnection: 1000,
  connections: 512,
  connectionsReserved: 16,
  connectionsPerClient: 64,
  streams: 256,
  streamsPerClient: 24,
  streamBytes: 256 * 1024,
  backlogBytes: 64 * 1024 * 1024,
  closeTime: 1000,
};
