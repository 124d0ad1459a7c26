import { EsddnsError } from "#core/errors.ts";
import type { DomainName } from "#core/name.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Ports } from "#core/ports.ts";
import type { Capabilities, Provider } from "#core/provider.ts";
import { type Reading, type RecordKey, recordId } from "#core/record.ts";
import type { Answer } from "#dns/exchange.ts";
import { readRecordSet, recordSetQuery } from "#dns/record-set.ts";
import { unixTime } from "#dns/signed-request.ts";
import { AnswerError, outcomeOf, throwIfCancelled, unread } from "#providers/_shared/answer-error.ts";
import { concurrently } from "#providers/_shared/concurrently.ts";
import type { Rfc2136Config } from "#providers/rfc2136/config.ts";
import { updatesOf, writtenSet } from "#providers/rfc2136/convert.ts";
import { groupByZone } from "#providers/rfc2136/group-by-zone.ts";
import { type KeySource, openKey } from "#providers/rfc2136/key.ts";
import { type Asked, signatureError, updateError } from "#providers/rfc2136/refusal.ts";
import { createUpdateServer, type UpdateServer } from "#providers/rfc2136/server.ts";
import { createZoneOf } from "#providers/rfc2136/zones.ts";
import { extendedRcode, optRecord } from "#wire/dns/edns.ts";
import { type Message, queryMessage } from "#wire/dns/message.ts";
import { sameName } from "#wire/dns/name.ts";
import { formatRcode } from "#wire/dns/rcode.ts";
import { TYPE } from "#wire/dns/types.ts";
import { updateMessage } from "#wire/dns/update.ts";

/** Each question has a socket of its own. */
const QUESTIONS = 16;
const UPDATES = 4;

/** @throws {ConfigError} when the key's secret is not base64 */
export function createRfc2136(
  config: Rfc2136Config,
  capabilities: Capabilities,
  key: KeySource | undefined,
  ports: Ports,
): Provider {
  if (key) openKey(key);
  const server = createUpdateServer(config, key, ports);
  const asked = (action: string): Asked => ({ action, key, now: unixTime(ports.clock) });
  const soa = async (name: DomainName, signal: AbortSignal) => {
    const answer = await server.ask("read", (id) => soaQuery(name, id), signal);
    return trusted(answer, asked(`ask ${server.label} for the zone of "${name}"`));
  };
  const zoneOf = createZoneOf(config.zone, server.label, ports.clock, soa);

  return {
    capabilities,

    async read(keys, signal) {
      const readings = await concurrently(keys, QUESTIONS, async (key) => {
        const reading = await readOne(key, signal).catch(unread);
        return [recordId(key), reading] as const;
      });
      return new Map(readings);
    },

    async apply(changes, signal) {
      const outcomes = new Map<Change, Outcome>();
      const groups = await groupByZone(changes, zoneOf, capabilities.batch, signal);
      await concurrently(groups, UPDATES, async ({ zone, group }) => {
        const common = zone instanceof EsddnsError ? outcomeOf(zone) : await update(zone, group, signal);
        for (const change of group) outcomes.set(change, withSet(common, change));
      });
      return throwIfCancelled(changes.map((change) => outcomeFor(change, outcomes)));
    },

    async check(keys, signal) {
      const zones = await concurrently(keys, QUESTIONS, (key) => zoneOf(key.name, signal));
      const all = config.zone ? [...zones, config.zone] : zones;
      const unique = [...new Set(all)].toSorted();
      const sentences = await concurrently(unique, QUESTIONS, async (zone) =>
        describe(zone, await soa(zone, signal)),
      );
      return sentences.length > 0 ? [...sentences, describeKey(server, key)] : [];
    },
  };

  async function readOne(key: RecordKey, signal: AbortSignal): Promise<Reading> {
    const answer = await server.ask("read", (id) => recordSetQuery(key, id), signal);
    trusted(answer, asked(`read ${key.type} of "${key.name}" at ${server.label}`));
    return readRecordSet(key, answer, server.label);
  }

  /** One message for one zone: its changes are made together or not at all. */
  async function update(zone: DomainName, group: readonly Change[], signal: AbortSignal): Promise<Outcome> {
    const records = group.flatMap(updatesOf);
    try {
      const answer = await server.ask("write", (id) => updateMessage(zone, records, { id }), signal);
      const context = asked(`update the zone "${zone}" at ${server.label}`);
      const error = updateError(extendedRcode(trusted(answer, context)), context);
      return error ? outcomeOf(error) : { kind: "applied" };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  function describe(zone: DomainName, message: Message): string {
    const soa = message.answers.find((record) => record.type === TYPE.SOA && sameName(record.name, zone));
    if (soa?.data.kind === "soa" && message.header.aa)
      return `${server.label} holds the zone "${zone}" (serial ${soa.data.soa.serial})`;
    const status = formatRcode(extendedRcode(message));
    throw new AnswerError(
      `Cannot find the zone "${zone}" at ${server.label}: it does not hold it (${status})`,
      {
        code: "not-found",
        status,
        words: status,
        hint: "name the zone's primary server",
      },
    );
  }
}

function withSet(outcome: Outcome, change: Change): Outcome {
  return outcome.kind === "applied" ? { ...outcome, set: writtenSet(change) } : outcome;
}

function outcomeFor(change: Change, outcomes: ReadonlyMap<Change, Outcome>): Outcome {
  const outcome = outcomes.get(change);
  if (!outcome) throw new TypeError(`no outcome for ${recordId(change.after)}`);
  return outcome;
}

function soaQuery(name: DomainName, id: number): Message {
  return queryMessage({ name, type: TYPE.SOA }, { id, rd: false, additionals: [optRecord()] });
}

/** @throws {AnswerError} when the server did not accept our signature */
function trusted({ message, signatureRefused }: Answer, context: Asked): Message {
  if (signatureRefused) throw signatureError(signatureRefused, context);
  return message;
}

function describeKey({ label }: UpdateServer, key: KeySource | undefined): string {
  if (key) return `${label} accepts the TSIG key "${key.name}" (${key.algorithm})`;
  return `no TSIG key is configured: ${label} has to trust the address of this host, and its answers are unsigned`;
}
