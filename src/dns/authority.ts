import { formatEndpoint } from "#core/endpoint.ts";
import { CancelledError, ProviderError, TransportError } from "#core/errors.ts";
import type { DomainName } from "#core/name.ts";
import type { Endpoint, Ports } from "#core/ports.ts";
import { type Reading, type RecordKey, type RecordSet, sameValues } from "#core/record.ts";
import { elapsed, type Milliseconds, milliseconds } from "#core/units.ts";
import type { Authority, Verification } from "#core/verification.ts";
import { withDeadline } from "#dns/deadline.ts";
import { noAnswer } from "#dns/failure.ts";
import { exchange, randomId } from "#dns/exchange.ts";
import { firstSuccess } from "#dns/first-success.ts";
import { createLimit } from "#dns/limit.ts";
import { type NameServer, ZoneServers } from "#dns/zone-servers.ts";
import { readRecordSet, recordSetQuery } from "#dns/record-set.ts";
import { plainRequest } from "#dns/request.ts";
import type { DnsPorts } from "#dns/route.ts";

export interface AuthorityOptions {
  /** Asked instead of the servers that the zone names: labs, and zones behind a hidden primary. */
  readonly servers?: readonly Endpoint[] | undefined;
}

/** When a server is slow, the next is asked beside it. */
const STAGGER = milliseconds(300);
const MAX_QUESTIONS = 32;
const FIRST_PAUSE = 100;
const MAX_PAUSE = 2000;

/** The zone's own name servers, found through the system's resolvers and then asked directly. */
export function createAuthority(
  ports: DnsPorts & Pick<Ports, "names">,
  options: AuthorityOptions = {},
): Authority {
  const { clock } = ports;
  const limit = createLimit(MAX_QUESTIONS);
  const zones = new ZoneServers(ports, limit);
  const fixed = options.servers?.map((endpoint) => ({
    host: formatEndpoint(endpoint),
    endpoints: [endpoint],
  }));
  const find = async (name: DomainName, signal: AbortSignal) => fixed ?? zones.of(name, signal);

  return {
    async read(key, signal) {
      try {
        const servers = await find(key.name, signal);
        return await firstSuccess(
          servers.map((server) => (inner: AbortSignal) => ask(server, key, inner)),
          STAGGER,
          clock,
          signal,
        );
      } catch (error) {
        return unreadUnlessCancelled(error, signal);
      }
    },

    async verify(expected, deadline, signal) {
      const start = clock.now();
      const took = () => elapsed(start, clock.now());
      const right = new Set<string>();
      let servers: readonly NameServer[] = [];
      const late = () => noAnswer(`the name servers of "${expected.name}"`, deadline, "sent");
      try {
        await withDeadline(clock, deadline, signal, late, async (inner) => {
          servers = await find(expected.name, inner);
          const wait = async (server: NameServer) => {
            await untilRight(server, expected, inner);
            right.add(server.host);
          };
          await Promise.all(servers.map(wait));
        });
      } catch (error) {
        if (signal.aborted || !isFailure(error)) throw error;
        if (servers.length === 0) return { kind: "unverifiable", why: error.message };
      }
      return verification(servers, right, took());
    },
  };

  /** @throws the reason when the server has nothing to say about it */
  async function ask(server: NameServer, key: RecordKey, signal: AbortSignal): Promise<Reading> {
    return firstSuccess(
      server.endpoints.map((endpoint) => async (inner: AbortSignal) => {
        const request = plainRequest(recordSetQuery(key, randomId(ports.random)));
        const answer = await limit(() => exchange(ports, { kind: "auto", server: endpoint }, request, inner));
        const reading = readRecordSet(key, answer, `${server.host} (${formatEndpoint(endpoint)})`);
        if (reading.kind === "unread") throw reading.error;
        return reading;
      }),
      STAGGER,
      clock,
      signal,
    );
  }

  async function untilRight(server: NameServer, expected: RecordSet, signal: AbortSignal): Promise<void> {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, MAX_PAUSE)) {
      const reading = await ask(server, expected, signal).catch((error: unknown) =>
        unreadUnlessCancelled(error, signal),
      );
      if (reading.kind === "present" && sameValues(reading.set.values, expected.values)) return;
      await clock.sleep(milliseconds(pause), signal);
    }
  }
}

function verification(
  servers: readonly NameServer[],
  right: ReadonlySet<string>,
  took: Milliseconds,
): Verification {
  const hosts = servers.map(({ host }) => host);
  const wrong = hosts.filter((host) => !right.has(host));
  if (wrong.length === 0) return { kind: "converged", servers: hosts, took };
  return { kind: "incomplete", right: hosts.filter((host) => right.has(host)), wrong, took };
}

function unreadUnlessCancelled(error: unknown, signal: AbortSignal): Reading {
  if (signal.aborted) throw new CancelledError();
  if (!isFailure(error)) throw error;
  return { kind: "unread", error };
}

function isFailure(error: unknown): error is ProviderError | TransportError {
  return error instanceof TransportError || error instanceof ProviderError;
}
