import { familyOf, recordId } from "#core/record.ts";
import { REASON_WORDS } from "#report/plan.ts";
import { describeSpan } from "#report/span.ts";
import type { Mark } from "#service/pages/components/mark.ts";
import type { Condition, RecordState, State } from "#state/state.ts";

export interface RecordRow {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly provider: string;
  readonly mark: Mark;
  /** Its condition in a word. */
  readonly word: string;
  readonly published: readonly string[];
  readonly isProxied: boolean;
  /** In seconds, or the provider's choice. */
  readonly ttl: string;
  readonly changedAt: Date | undefined;
  /** What became of the last change at the zone's name servers. */
  readonly convergence: string | undefined;
  /** Why it stands as it does, if not in sync: the provider's own words where there are some. */
  readonly why: string | undefined;
  readonly hint: string | undefined;
  /** When it goes on. */
  readonly until: Date | undefined;
}

export interface RecordsModel {
  readonly summary: string;
  /** What is looked for; empty: everything. */
  readonly find: string;
  /** So many that it takes a field to find one. */
  readonly isMany: boolean;
  readonly rows: readonly RecordRow[];
  /** In sync, and folded away since there are so many: those that hold the same together. */
  readonly folded: readonly RecordGroup[];
}

export interface RecordGroup {
  readonly type: string;
  readonly published: readonly string[];
  readonly names: readonly string[];
}

/** Beyond so many, those in sync are folded away. */
const MANY = 15;

export function recordsModel(
  { records, families }: Pick<State, "families" | "records">,
  find: string,
): RecordsModel {
  const wanted = find.trim().toLowerCase();
  const isMany = records.length > MANY;
  const troubled = new Set(families.filter(({ trouble }) => trouble).map(({ family }) => family));
  const found = records
    .map((each) => recordRow(each, troubled.has(familyOf(each.record.type))))
    .filter((row) => matches(row, wanted));
  const isFolded = (row: RecordRow) => isMany && wanted === "" && row.mark === "ok";
  return {
    summary: summaryOf(records),
    find: wanted,
    isMany,
    rows: found.filter((row) => !isFolded(row)),
    folded: groupsOf(found.filter(isFolded)),
  };
}

/** @param isTroubled the page says above, and once, that the family's address is not known, and what follows from it */
function recordRow(
  { record, condition, published, changed, verification }: RecordState,
  isTroubled: boolean,
): RecordRow {
  const ttl = published?.ttl ?? record.ttl;
  return {
    id: recordId(record),
    name: record.name,
    type: record.type,
    provider: record.provider,
    ...conditionWords(condition),
    ...(isTroubled && condition.kind === "kept" && { why: undefined }),
    published: published?.values.map(({ text }) => text) ?? [],
    isProxied: published?.proxied === true,
    ttl: ttl === undefined ? "auto" : String(ttl),
    changedAt: changed?.at,
    convergence: convergenceOf(changed, verification),
  };
}

type Words = Pick<RecordRow, "hint" | "mark" | "until" | "why" | "word">;

function conditionWords(condition: Condition): Words {
  const nothing = { why: undefined, hint: undefined, until: undefined };
  switch (condition.kind) {
    case "unknown":
      return { ...nothing, mark: "unknown", word: "not read yet" };
    case "in-sync":
      return { ...nothing, mark: "ok", word: "in sync" };
    case "pending":
      // A moment later it is written: a line of its own would make the table jump twice
      return { ...nothing, mark: "pending", word: "pending", why: unlessUsual(condition) };
    case "withheld": {
      const why = condition.words;
      return { ...nothing, mark: "withheld", word: "withheld", why, until: condition.until };
    }
    case "kept":
      return { ...nothing, mark: "kept", word: "left as it is", why: condition.words };
    case "failed":
      return { ...nothing, mark: "failed", word: "failed", why: condition.words, hint: condition.hint };
  }
}

function unlessUsual({ reason, words }: Extract<Condition, { kind: "pending" }>): string | undefined {
  return words === REASON_WORDS[reason] ? undefined : words;
}

function convergenceOf(
  changed: RecordState["changed"],
  verification: RecordState["verification"],
): string | undefined {
  if (changed?.converged !== undefined) return `everywhere after ${describeSpan(changed.converged)}`;
  if (verification?.kind === "incomplete") {
    const { right, wrong } = verification;
    return `at ${right.length} of ${right.length + wrong.length} name servers so far`;
  }
  return verification?.kind === "unverifiable" ? "not verified" : undefined;
}

function summaryOf(records: State["records"]): string {
  const inSync = records.filter(({ condition }) => condition.kind === "in-sync").length;
  if (inSync === records.length) return records.length === 1 ? "in sync" : `all ${records.length} in sync`;
  return `${inSync} of ${records.length} in sync`;
}

function groupsOf(rows: readonly RecordRow[]): readonly RecordGroup[] {
  const groups = Map.groupBy(rows, ({ type, published }) => [type, ...published].join(" "));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first
      ? [{ type: first.type, published: first.published, names: group.map(({ name }) => name) }]
      : [];
  });
}

function matches({ name, type, provider, published, word }: RecordRow, wanted: string): boolean {
  return [name, type, provider, word, ...published].some((text) => text.toLowerCase().includes(wanted));
}
