import type { Family } from "#core/address.ts";
import { addressFor } from "#core/plan.ts";
import { type DesiredRecord, familyOf, type RecordId, recordId } from "#core/record.ts";
import type { Belief, HistoryEntry, Published } from "#core/store.ts";
import { REASON_WORDS } from "#report/plan.ts";
import { familyLabel } from "#report/verdict.ts";

/** What the store knows, as JSON. A contract: `esddns status --json`. */
export interface StatusReport {
  readonly ipv4?: BeliefReport;
  readonly ipv6?: BeliefReport;
  readonly records: readonly RecordReport[];
}

interface BeliefReport {
  readonly kind: Belief["kind"];
  readonly address: string | null;
  readonly since: string | null;
  readonly lastRound: string;
  readonly for: readonly string[];
  readonly against: readonly string[];
}

interface RecordReport {
  readonly name: string;
  readonly type: string;
  readonly provider: string;
  /** What was last confirmed to be there. */
  readonly published: string | null;
  readonly publishedAt: string | null;
}

export function reportStatus(
  records: readonly DesiredRecord[],
  beliefs: ReadonlyMap<Family, Belief>,
  published: ReadonlyMap<RecordId, Published>,
): StatusReport {
  const [four, six] = [beliefs.get(4), beliefs.get(6)];
  return {
    ...(four ? { ipv4: reportBelief(four) } : {}),
    ...(six ? { ipv6: reportBelief(six) } : {}),
    records: records.map((record) => {
      const state = published.get(recordId(record));
      return {
        name: record.name,
        type: record.type,
        provider: record.provider,
        published: state?.address.text ?? null,
        publishedAt: state?.at.toISOString() ?? null,
      };
    }),
  };
}

/** The same for people, a line each. */
export function describeStatus(
  records: readonly DesiredRecord[],
  beliefs: ReadonlyMap<Family, Belief>,
  published: ReadonlyMap<RecordId, Published>,
): readonly string[] {
  const families = [...new Set(records.map(({ type }) => familyOf(type)))].toSorted((a, b) => a - b);
  return [
    ...families.map((family) => `${familyLabel(family)} ${describeBelief(beliefs.get(family))}`),
    ...records.map((record) => {
      const words = describePublished(published.get(recordId(record)));
      return `${record.name} ${record.type} ${words}${describeLag(record, beliefs, published)}`;
    }),
  ];
}

/** One line of the history for people. */
export function describeHistory({
  at,
  record,
  before,
  after,
  outcome,
  reason,
  words,
  took,
  converged,
}: HistoryEntry): string {
  const change = `${before.join(", ") || "nothing"} → ${after.join(", ")}`;
  const time =
    converged === undefined
      ? `${Math.round(took)} ms`
      : `${Math.round(took)} ms, everywhere after ${Math.round(converged)} ms`;
  return `${at.toISOString()} ${record} ${change}: ${outcome}, ${REASON_WORDS[reason]} (${time})${words ? ` ${words}` : ""}`;
}

/** One entry of the history, as JSON. A contract: `esddns history --json`. */
export function reportHistory(entry: HistoryEntry) {
  const { at, took, converged, sight, operators, ...rest } = entry;
  return {
    at: at.toISOString(),
    ...rest,
    tookMs: Math.round(took),
    convergedMs: converged === undefined ? null : Math.round(converged),
    sightMs: sight === undefined ? null : Math.round(sight),
    operators: operators ?? null,
  };
}

function reportBelief({ kind, address, since, lastRound, for: supporters, against }: Belief): BeliefReport {
  return {
    kind,
    address: address?.text ?? null,
    since: since?.toISOString() ?? null,
    lastRound: lastRound.toISOString(),
    for: supporters,
    against,
  };
}

function describeBelief(belief: Belief | undefined): string {
  if (!belief) return "was never looked for";
  const since =
    belief.address && belief.since
      ? `${belief.address.text} since ${belief.since.toISOString()}`
      : "no address yet";
  const round = `last looked ${belief.lastRound.toISOString()}`;
  return belief.kind === "known" ? `${since}, ${round}` : `${belief.kind} now (before: ${since}), ${round}`;
}

/** What is believed, and was not confirmed to be there: a refusal, a pause, or a record that cannot be read. */
function describeLag(
  record: DesiredRecord,
  beliefs: ReadonlyMap<Family, Belief>,
  published: ReadonlyMap<RecordId, Published>,
): string {
  const believed = beliefs.get(familyOf(record.type))?.address;
  if (!believed) return "";
  const wanted = addressFor(record, believed);
  if (wanted.text === published.get(recordId(record))?.address.text) return "";
  return `; should hold ${wanted.text}, why it does not: \`esddns history\` and the log`;
}

function describePublished(published: Published | undefined): string {
  if (!published) return "was not published yet";
  return `holds ${published.address.text}, confirmed ${published.at.toISOString()}`;
}
