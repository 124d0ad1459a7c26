import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { Row } from "#store/columns.ts";

/** Values by the names they have in the statement. */
export type Parameters = Readonly<Record<string, SQLInputValue>>;

/** A database that prepares each statement once: preparing one takes longer than running it. */
export class PreparedDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @param read yields `undefined` for a row that says nothing: it is passed over */
  all<Value>(sql: string, parameters: Parameters, read: (row: Row) => Value | undefined): readonly Value[] {
    const values: Value[] = [];
    for (const row of this.#prepare(sql).all(parameters)) {
      const value = read(row);
      if (value !== undefined) values.push(value);
    }
    return values;
  }

  /** @returns the id of the row that was inserted last */
  run(sql: string, parameters: Parameters = {}): number {
    return Number(this.#prepare(sql).run(parameters).lastInsertRowid);
  }

  inTransaction(act: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      act();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
