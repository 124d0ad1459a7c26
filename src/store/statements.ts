/** What the history can be narrowed to, beside `id < :before`, which is always there. */
interface Narrowing {
  readonly record: boolean;
  readonly time: boolean;
}

/**
 * A page of the history, by its ids. The times of a span are turned into ids by an index, since ids grow with time
 * but for clocks that are set back; `+` keeps SQLite from sorting what another index yields.
 */
function historyPage({ record, time }: Narrowing): string {
  const span = `${record ? "record = :record AND " : ""}at >= :since AND at < :until`;
  const conditions = [
    "id < :before",
    ...(record ? ["record = :record"] : []),
    ...(time
      ? [
          `id >= (SELECT min(id) FROM history WHERE ${span})`,
          `id <= (SELECT max(id) FROM history WHERE ${span})`,
          "+at >= :since",
          "+at < :until",
        ]
      : []),
  ];
  return `SELECT * FROM history WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT :limit`;
}

/** Everything that is said to the tables that grow. Each finds its rows by an index; a test looks at every plan. */
export const STATEMENTS = {
  historyPage: historyPage({ record: false, time: false }),
  historyPageOfRecord: historyPage({ record: true, time: false }),
  historyPageOfTime: historyPage({ record: false, time: true }),
  historyPageOfRecordAndTime: historyPage({ record: true, time: true }),
  lastHistoryId: "SELECT max(id) AS id FROM history",
  addHistory: `INSERT INTO history (id, at, record, provider, values_before, values_after, reason, outcome, words,
      took, converged, operators, sight)
    VALUES (:id, :at, :record, :provider, :values_before, :values_after, :reason, :outcome, :words,
      :took, :converged, :operators, :sight)`,
  pruneHistory: "DELETE FROM history WHERE id <= :id",
  setConverged: `UPDATE history SET converged = :converged
    WHERE id = (SELECT max(id) FROM history WHERE record = :record AND at = :at)`,

  // by numbers, not by time: the latest stays the latest when the clock is set back
  beginEpisode: `INSERT OR REPLACE INTO episode (family, number, kind, address, began)
    SELECT :family, 1 + coalesce(max(number), 0), :kind, :address, :began FROM episode WHERE family = :family`,
  pruneEpisodes: `DELETE FROM episode
    WHERE family = :family AND number <= (SELECT max(number) FROM episode WHERE family = :family) - :kept`,
  episodes: `SELECT * FROM episode
    WHERE family = :family AND number >= coalesce(
      (SELECT number FROM episode WHERE family = :family AND began <= :since ORDER BY began DESC LIMIT 1), 0)
    ORDER BY number`,

  measure: "SELECT * FROM measure WHERE family = :family AND at = :at AND witness = :witness",
  addMeasure: `INSERT OR REPLACE INTO measure
      (family, at, witness, operator, asked, answered, agreed, differed, mean, fastest, slowest)
    VALUES (:family, :at, :witness, :operator, :asked, :answered, :agreed, :differed, :mean, :fastest, :slowest)`,
  pruneMeasures: "DELETE FROM measure WHERE family IN (4, 6) AND at < :oldest",
  measures: "SELECT * FROM measure WHERE family = :family AND at >= :since ORDER BY at, witness",

  addHappening: `INSERT INTO happening (kind, at, family, record, provider, witness, title, detail)
    VALUES (:kind, :at, :family, :record, :provider, :witness, :title, :detail)`,
  pruneHappenings: "DELETE FROM happening WHERE id <= :id",
  happenings: "SELECT * FROM happening WHERE id > 0 ORDER BY id DESC LIMIT :limit",
} as const;
