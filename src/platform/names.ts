import { type Address, type Family, parseAddress } from "#core/address.ts";
import { CancelledError, TransportError } from "#core/errors.ts";
import type { Clock, Endpoint, Names } from "#core/ports.ts";
import { type Instant, instant, type Milliseconds, milliseconds } from "#core/units.ts";
import { createHostsFile, type HostsFile } from "#platform/hosts-file.ts";
import { type AskName, createAskName, listNameServers } from "#platform/name-server.ts";

/** Acts later, unless cancelled first; never keeps the process alive. */
export type Later = (span: Milliseconds, act: () => void) => () => void;

export interface NamesOptions {
  readonly clock: Pick<Clock, "now">;
  readonly ask?: AskName | undefined;
  readonly hosts?: HostsFile | undefined;
  readonly later?: Later | undefined;
  readonly resolvers?: (() => readonly Endpoint[]) | undefined;
}

/** At which part of its TTL a name in use is asked for again. */
const REFRESH_AT = 0.8;
const MIN_TTL = 1000;
const MAX_TTL = 24 * 3600 * 1000;
/** RFC 8767 section 5: how long a caller waits when there is an old answer, and when it is doubted next. */
const STALE_PATIENCE = milliseconds(1800);
const STALE_RECHECK = 10_000;

interface Entry {
  readonly addresses: readonly Address[];
  readonly refreshAt: Instant;
  readonly expires: Instant;
  /** Somebody asked since it was stored: worth a refresh. */
  used: boolean;
  readonly cancelRefresh: () => void;
}

/** Names from the hosts file and DNS, with a cache in memory. `close` ends what it still asks. */
export function createNames(options: NamesOptions): Names & { close(): void } {
  return new CachedNames(options);
}

class CachedNames implements Names {
  readonly #clock: Pick<Clock, "now">;
  readonly #ask: AskName;
  readonly #hosts: HostsFile;
  readonly #later: Later;
  readonly #entries = new Map<string, Entry>();
  readonly #questions = new Map<string, Promise<Entry>>();
  readonly #closed = new AbortController();
  readonly resolvers: () => readonly Endpoint[];

  constructor({ clock, ask, hosts, later, resolvers }: NamesOptions) {
    this.#clock = clock;
    this.#ask = ask ?? createAskName();
    this.#hosts = hosts ?? createHostsFile();
    this.#later = later ?? afterwards;
    this.resolvers = resolvers ?? (() => listNameServers());
  }

  async resolve(text: string, family: Family, signal: AbortSignal): Promise<readonly Address[]> {
    if (signal.aborted) throw new CancelledError();
    const literal = parseAddress(text);
    if (literal) return requireAddresses(text, family, literal.family === family ? [literal] : []);
    const host = text.toLowerCase().replace(/\.$/, "");
    const listed = this.#hosts(host, family);
    if (listed.length > 0) return listed;
    // As getaddrinfo has it: what the file says of a name is all there is, and no packet is sent for the rest
    if (this.#hosts(host, family === 4 ? 6 : 4).length > 0) return requireAddresses(host, family, []);
    return requireAddresses(host, family, await this.#fromCache(host, family, signal));
  }

  close(): void {
    this.#closed.abort();
    for (const { cancelRefresh } of this.#entries.values()) cancelRefresh();
    this.#entries.clear();
  }

  async #fromCache(host: string, family: Family, signal: AbortSignal): Promise<readonly Address[]> {
    const entry = this.#entries.get(keyOf(host, family));
    const now = this.#clock.now();
    if (entry) entry.used = true;
    if (entry && now < entry.expires) {
      if (now >= entry.refreshAt) this.#refresh(host, family);
      return entry.addresses;
    }
    const question = this.#question(host, family);
    const isStale = entry !== undefined && entry.addresses.length > 0;
    const answer = isStale ? this.#orStale(question, entry) : question;
    return (await unlessAborted(answer, signal)).addresses;
  }

  /** Joins whoever asks the same at the same time. An old answer outlives a failure. */
  #question(host: string, family: Family): Promise<Entry> {
    const key = keyOf(host, family);
    const running = this.#questions.get(key);
    if (running) return running;
    const question = this.#lookUp(host, family).finally(() => this.#questions.delete(key));
    this.#questions.set(key, question);
    return question;
  }

  async #lookUp(host: string, family: Family): Promise<Entry> {
    try {
      const { addresses, ttl } = await this.#ask(host, family, this.#closed.signal);
      return this.#keep(host, family, addresses, Math.min(Math.max(ttl * 1000, MIN_TTL), MAX_TTL));
    } catch (cause) {
      if (this.#closed.signal.aborted) throw new CancelledError("Cancelled", { cause });
      const old = this.#entries.get(keyOf(host, family));
      if (old && old.addresses.length > 0) return this.#keep(host, family, old.addresses, STALE_RECHECK);
      throw nameError(host, "no name server answered", cause);
    }
  }

  #keep(host: string, family: Family, addresses: readonly Address[], ttl: number): Entry {
    const key = keyOf(host, family);
    this.#entries.get(key)?.cancelRefresh();
    const now = this.#clock.now();
    const entry: Entry = {
      addresses,
      refreshAt: instant(now + ttl * REFRESH_AT),
      expires: instant(now + ttl),
      used: false,
      cancelRefresh: this.#later(milliseconds(ttl * REFRESH_AT), () => {
        if (entry.used) this.#refresh(host, family);
      }),
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #refresh(host: string, family: Family): void {
    this.#question(host, family).catch(() => {});
  }

  /** The new answer, or the old one when the new is not there in time. */
  #orStale(question: Promise<Entry>, old: Entry): Promise<Entry> {
    return new Promise((resolve) => {
      const cancel = this.#later(STALE_PATIENCE, () => resolve(old));
      const settle = (entry: Entry) => {
        cancel();
        resolve(entry);
      };
      question.then(settle, () => settle(old));
    });
  }
}

function keyOf(host: string, family: Family): string {
  return `${family} ${host}`;
}

function requireAddresses(host: string, family: Family, addresses: readonly Address[]): readonly Address[] {
  if (addresses.length > 0) return addresses;
  throw nameError(host, `it has no IPv${family} address`);
}

function nameError(host: string, is: string, cause?: unknown): TransportError {
  return new TransportError(`Cannot resolve "${host}": ${is}`, {
    code: "name",
    peer: host,
    phase: "unsent",
    cause,
  });
}

function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new CancelledError());
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function afterwards(span: Milliseconds, act: () => void): () => void {
  const timer = setTimeout(act, span).unref();
  return () => clearTimeout(timer);
}
