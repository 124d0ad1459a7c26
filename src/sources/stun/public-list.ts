import { CancelledError, WitnessError } from "#core/errors.ts";
import type { HttpResponse, Ports } from "#core/ports.ts";
import { type Instant, instant, milliseconds } from "#core/units.ts";
import { operatorOfHost } from "#sources/_shared/operator-of-host.ts";
import { parseHostList } from "#sources/stun/host-list.ts";
import type { ListCache, StoredList } from "#sources/stun/list-cache.ts";
import { drawSample } from "#sources/stun/sample.ts";
import type { StunServer, Transport } from "#sources/stun/server.ts";

/** A hundred times the size of the lists there are. */
const MAX_BYTES = 256 * 1024;
const TIMEOUT = milliseconds(10_000);
const MINUTE = 60 * 1000;
const DAY = 24 * 60 * MINUTE;

export interface PublicListOptions {
  readonly url: URL;
  readonly transport: Transport;
  /** How many of its servers are used. */
  readonly limit: number;
  readonly probation: boolean;
  /** Absent: the list is fetched after every start. */
  readonly cache: ListCache | undefined;
}

/**
 * A public list of servers, of which a random sample is used. Fetched at most once a day, and after a failure
 * again in one minute, two, four ... up to a day; what is no proper list never replaces one that was.
 */
export class PublicList {
  readonly #options: PublicListOptions;
  readonly #ports: Pick<Ports, "clock" | "http" | "log" | "random">;
  #stored: StoredList | undefined;
  #servers: readonly StunServer[] = [];
  #isOpened = false;
  #failures = 0;
  #due: Instant;

  constructor(options: PublicListOptions, ports: Pick<Ports, "clock" | "http" | "log" | "random">) {
    this.#options = options;
    this.#ports = ports;
    this.#due = ports.clock.now();
  }

  /** A random sample, drawn anew whenever the list is loaded or refreshed; empty before. */
  get servers(): readonly StunServer[] {
    return this.#servers;
  }

  /** Does nothing while the list is fresh. Failures are logged, never thrown. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (!this.#isOpened) await this.#open();
    if (signal.aborted || this.#ports.clock.now() < this.#due) return;
    try {
      this.#use(await this.#fetch(signal), 0);
    } catch (error: unknown) {
      if (!(error instanceof CancelledError)) this.#retryLater(error);
      return;
    }
    await this.#store();
  }

  async #open(): Promise<void> {
    this.#isOpened = true;
    try {
      const stored = await this.#options.cache?.read();
      if (!stored || stored.url !== this.#options.url.href) return;
      const age = this.#ports.clock.date().getTime() - stored.fetchedAt.getTime();
      // Stored under a clock that ran ahead: its age is unknown
      this.#use(stored, age < 0 ? DAY : age);
    } catch (error: unknown) {
      this.#ports.log.warn("The stored list of STUN servers cannot be used", this.#fields(error));
    }
  }

  async #fetch(signal: AbortSignal): Promise<StoredList> {
    const { url } = this.#options;
    const etag = this.#stored?.etag;
    const headers = { accept: "text/plain", "user-agent": "esddns", ...(etag && { "if-none-match": etag }) };
    const response = await this.#ports.http.request(
      { method: "GET", url, headers, connection: "fresh", maxBytes: MAX_BYTES, timeout: TIMEOUT },
      signal,
    );
    const fetchedAt = this.#ports.clock.date();
    if (response.status === 304 && this.#stored) return { ...this.#stored, fetchedAt };
    return { url: url.href, text: textOf(response), etag: response.headers["etag"], fetchedAt };
  }

  /** @throws {WitnessError} when it is no proper list; then nothing has changed */
  #use(list: StoredList, age: number): void {
    const { clock, log, random } = this.#ports;
    const { limit, transport, probation } = this.#options;
    const hosts = parseHostList(list.text);
    this.#stored = list;
    this.#failures = 0;
    this.#due = instant(clock.now() + DAY - age);
    this.#servers = drawSample(hosts, limit, () => random.fraction()).map(({ host, port }) => {
      return { host, port, transport, operator: operatorOfHost(host), probation };
    });
    log.info(`Loaded ${hosts.length} hosts from ${this.#visibleUrl()}`);
  }

  #retryLater(error: unknown): void {
    this.#due = instant(this.#ports.clock.now() + Math.min(DAY, MINUTE * 2 ** this.#failures));
    this.#failures += 1;
    this.#ports.log.warn("The list of STUN servers could not be refreshed", this.#fields(error));
  }

  async #store(): Promise<void> {
    try {
      if (this.#stored) await this.#options.cache?.write(this.#stored);
    } catch (error: unknown) {
      this.#ports.log.warn("The list of STUN servers could not be stored", this.#fields(error));
    }
  }

  #fields(error: unknown) {
    return { url: this.#visibleUrl(), error };
  }

  /** Without the query, which may carry a token. */
  #visibleUrl(): string {
    const { origin, pathname } = this.#options.url;
    return origin + pathname;
  }
}

function textOf({ status, body }: HttpResponse): string {
  if (status !== 200) {
    const is = `the server answered ${status}, expected 200`;
    throw new WitnessError(`Cannot use the list of STUN servers: ${is}`, { code: "http-status" });
  }
  return new TextDecoder().decode(body);
}
