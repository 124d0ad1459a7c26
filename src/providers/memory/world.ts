import { type DomainName, isWithin } from "#core/name.ts";
import { canonicalValues, type RecordId, type RecordKey, recordId, type RecordSet } from "#core/record.ts";
import { type Milliseconds, milliseconds, type Seconds } from "#core/units.ts";
import { AnswerError, UnconfirmedWrite } from "#providers/_shared/answer-error.ts";

/** How a request goes wrong. */
export type Misfortune =
  /** The answer is no, or that the provider is out of order. */
  | { readonly kind: "answer"; readonly error: AnswerError }
  /** The work is done, and nobody hears of it. */
  | { readonly kind: "lost-answer" };

/** Zones in memory as if they were a provider's, which tests look into and change by another hand. */
export class MemoryWorld {
  readonly zones: readonly DomainName[];
  latency: Milliseconds = milliseconds(0);
  reads = 0;
  writes = 0;
  readonly #defaultTtl: Seconds;
  readonly #sets = new Map<RecordId, RecordSet>();
  readonly #misfortunes: { readonly misfortune: Misfortune; readonly on: "read" | "write" }[] = [];

  constructor(zones: readonly DomainName[], defaultTtl: Seconds) {
    this.zones = zones;
    this.#defaultTtl = defaultTtl;
  }

  /** The next read or write goes wrong; several go wrong one after the other. */
  fail(misfortune: Misfortune, on: "read" | "write"): void {
    this.#misfortunes.push({ misfortune, on });
  }

  get(key: RecordKey): RecordSet | undefined {
    return this.#sets.get(recordId(key));
  }

  put(set: RecordSet): void {
    const ttl = set.ttl ?? this.get(set)?.ttl ?? this.#defaultTtl;
    this.#sets.set(recordId(set), { ...set, ttl, values: canonicalValues(set.values) });
  }

  delete(key: RecordKey): void {
    this.#sets.delete(recordId(key));
  }

  /** As the provider reads. @throws {AnswerError} */
  read(key: RecordKey): RecordSet | undefined {
    this.reads += 1;
    const misfortune = this.#takeMisfortune("read");
    if (misfortune) throw misfortune.kind === "answer" ? misfortune.error : lost(key);
    this.#expectZone(key);
    return this.get(key);
  }

  /** As the provider writes. @throws {AnswerError | UnconfirmedWrite} */
  write(set: RecordSet): void {
    this.writes += 1;
    const misfortune = this.#takeMisfortune("write");
    if (misfortune?.kind === "answer") throw misfortune.error;
    this.#expectZone(set);
    this.put(set);
    if (misfortune) throw new UnconfirmedWrite(lost(set));
  }

  #takeMisfortune(effect: "read" | "write"): Misfortune | undefined {
    const index = this.#misfortunes.findIndex(({ on }) => on === effect);
    return index < 0 ? undefined : this.#misfortunes.splice(index, 1)[0]?.misfortune;
  }

  #expectZone(key: RecordKey): void {
    if (this.zones.some((zone) => isWithin(key.name, zone))) return;
    const words = `no zone for ${key.name}: the memory holds ${this.zones.join(", ")}`;
    throw new AnswerError(`Cannot use "${recordId(key)}": ${words}`, { code: "not-found", words });
  }
}

function lost(key: RecordKey): AnswerError {
  return new AnswerError(`Cannot confirm "${recordId(key)}": the answer was lost`, {
    code: "server-error",
    words: "",
  });
}
