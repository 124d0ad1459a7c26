import { ProviderError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Ports } from "#core/ports.ts";
import type { Capabilities, Provider } from "#core/provider.ts";
import { type Reading, type RecordId, type RecordKey, recordId } from "#core/record.ts";
import type { Secret } from "#core/secret.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds } from "#core/units.ts";
import { outcomeOf, throwIfCancelled } from "#providers/_shared/answer-error.ts";
import { CONCURRENCY } from "#providers/_shared/by-zone.ts";
import { concurrently } from "#providers/_shared/concurrently.ts";
import { exchange } from "#providers/_shared/exchange.ts";
import { type HostResult, readAnswer } from "#providers/dyndns2/answer.ts";
import { type Call, callsFor, type Service, urlOf } from "#providers/dyndns2/calls.ts";

/** Name servers show an update with a delay; asking for it again in the meantime would count as abuse. */
const SETTLING = milliseconds(600_000);

/**
 * After an update that changed nothing: the service has the address, whatever else is read. Plain DNS can be
 * forged on the path, and a few needless updates in a row are enough to have the account blocked.
 */
const SETTLING_UNCHANGED = milliseconds(24 * 3_600_000);

/** A line for each host is a few hundred bytes. */
const MAX_ANSWER = 16_384;

interface Acknowledged {
  readonly address: string;
  readonly at: Instant;
  /** How long the same address is not sent again. */
  readonly settling: Milliseconds;
}

/** An account: what it was told, and whether it may still be used. */
class Dyndns2 implements Provider {
  readonly capabilities: Capabilities;
  readonly #service: Service;
  readonly #password: Secret;
  readonly #ports: Ports;
  readonly #acknowledged = new Map<RecordId, Acknowledged>();
  /** Refused with this password: going on with it gets the account banned. */
  #stopped: { readonly password: string; readonly outcome: Outcome } | undefined;

  constructor(service: Service, password: Secret, capabilities: Capabilities, ports: Ports) {
    this.#service = service;
    this.#password = password;
    this.capabilities = capabilities;
    this.#ports = ports;
  }

  read(keys: readonly RecordKey[]): Promise<ReadonlyMap<RecordId, Reading>> {
    const error = new ProviderError(
      "Cannot read a record by dyndns2: the protocol has no question, expected the zone's servers to be asked",
      { code: "no-read", retry: "never" },
    );
    return Promise.resolve(new Map(keys.map((key) => [recordId(key), { kind: "unread", error }])));
  }

  async apply(changes: readonly Change[], signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes = new Map<Change, Outcome>();
    const due = changes.filter((change) => {
      const outcome = this.#withoutAsking(change);
      if (outcome) outcomes.set(change, outcome);
      return !outcome;
    });
    const [first, ...rest] = callsFor(due, this.#service);
    const send = async (call: Call) => {
      for (const [change, outcome] of await this.#send(call, signal)) outcomes.set(change, outcome);
    };
    // The first alone: when it finds the account refused, the others are not sent
    if (first) await send(first);
    await concurrently(rest, CONCURRENCY, send);
    return throwIfCancelled(changes.map((change) => outcomes.get(change) ?? missing(change)));
  }

  async check(_keys: unknown, signal: AbortSignal): Promise<readonly string[]> {
    const { title, url } = this.#service;
    const root = new URL("/", url);
    await exchange(this.#ports.http, { effect: "read", method: "GET", url: root, headers: {} }, signal);
    return [
      `${title} answers at ${root.host}`,
      "the credentials are first tried with an update, because the protocol has no question",
    ];
  }

  /** What can be said of a change, or has to wait, before anything is sent. */
  #withoutAsking({ after, address }: Change): Outcome | undefined {
    if (this.#stopped?.password === this.#password.reveal()) return this.#stopped.outcome;
    const last = this.#acknowledged.get(recordId(after));
    if (!last) return undefined;
    const since = elapsed(last.at, this.#ports.clock.now());
    if (last.address === address.text) return since < last.settling ? { kind: "unchanged" } : undefined;
    const wait = milliseconds(this.#service.interval - since);
    if (wait <= 0) return undefined;
    const message = `Cannot update "${after.name}" yet: ${this.#service.title} wants ${this.#service.interval / 1000} s between two updates`;
    const error = new ProviderError(message, { code: "rate-limited", retry: { after: wait } });
    return { kind: "failed", error, retryAfter: wait };
  }

  async #send(call: Call, signal: AbortSignal): Promise<readonly (readonly [Change, Outcome])[]> {
    try {
      const results = await this.#exchange(call, signal);
      return call.changes.map((change) => {
        const result = results[call.hosts.indexOf(change.after.name)];
        return [change, result ? this.#settle(change, result) : missing(change)] as const;
      });
    } catch (error) {
      const outcome = outcomeOf(error);
      return call.changes.map((change) => [change, outcome] as const);
    }
  }

  async #exchange(call: Call, signal: AbortSignal): Promise<readonly HostResult[]> {
    const password = this.#password.reveal();
    if (this.#stopped?.password === password) {
      const { outcome } = this.#stopped;
      return call.hosts.map(() => ({ kind: "settled", outcome }));
    }
    const { title, words, token, username } = this.#service;
    const url = urlOf(call, this.#service, password);
    const basic = encodeBase64(`${username ?? call.hosts[0] ?? ""}:${password}`);
    const response = await exchange(
      this.#ports.http,
      {
        effect: "write",
        method: "GET",
        url,
        headers: token === undefined ? { authorization: `Basic ${basic}` } : {},
        // A kept connection would allow the GET to be repeated
        connection: "fresh",
      },
      signal,
    );
    const body = response.body.subarray(0, MAX_ANSWER);
    return readAnswer({ ...response, body }, call, words, {
      action: `update ${call.hosts.map((host) => `"${host}"`).join(", ")}`,
      title,
      endpoint: url,
      secrets: [password, basic],
      now: this.#ports.clock.date(),
    });
  }

  #settle({ after, address }: Change, result: HostResult): Outcome {
    switch (result.kind) {
      case "settled":
        return result.outcome;
      case "done": {
        const at = this.#ports.clock.now();
        const settling = result.changed ? SETTLING : SETTLING_UNCHANGED;
        this.#acknowledged.set(recordId(after), { address: address.text, at, settling });
        return result.changed ? { kind: "applied", words: result.words } : { kind: "unchanged" };
      }
      case "failed": {
        const outcome = outcomeOf(result.error);
        if (result.stops) this.#stopped = { password: this.#password.reveal(), outcome };
        return outcome;
      }
    }
  }
}

/** Writes alone: what is there has to be read from the zone's own servers. */
export function createDyndns2(
  service: Service,
  password: Secret,
  capabilities: Capabilities,
  ports: Ports,
): Provider {
  return new Dyndns2(service, password, capabilities, ports);
}

function missing(change: Change): never {
  throw new TypeError(`no outcome for ${recordId(change.after)}`);
}

/** RFC 7617: user name and password in UTF-8. */
function encodeBase64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
