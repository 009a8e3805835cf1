import { chunked } from '../../../shared/adapters/postgres/chunked.ts';
import type { PoolClient } from '../../../shared/adapters/postgres/pool.ts';
import type { Cause } from '../intervals/cause.ts';
import type { Changes, Ended } from '../intervals/interval.ts';
import { addRows, columnsOf, type StateTable, timeOf } from './state-table.ts';

/** What a statement is given, row by row. */
type Given = (readonly string[])[];

export interface ChangedThing<S> {
  readonly userId: string;
  readonly id: string;
  readonly changes: Changes<S>;
  /** Whether a row of it may have become known at the very instant of the cut: that one was never known. */
  readonly hasSameInstant: boolean;
}

/**
 * `SELECT` of the rows of a table that `where` finds for each of the rows given, one after the other by an index. PostgreSQL keeps
 * the plan that it made while the table was small; a join, which it is free to turn round, then read the whole index for each
 * batch: 130 microseconds an event in a build of 100,000, and more in a longer one.
 */
export const lookUp = (table: string, columns: string, given: string, where: string): string =>
  `SELECT ${columns} FROM ${given} CROSS JOIN LATERAL (SELECT t.ctid, t.* FROM ${table} t WHERE ${where} OFFSET 0) t`;

/** Writes the intervals of one table. Its statements are made once. */
export class StateRows<S extends { readonly cause: Cause }> {
  readonly #table: StateTable<S>;
  readonly #cut: string;
  readonly #cutUnknown: string;
  readonly #end: string;
  readonly #remove: string;
  /** Every column, as a list of those of `t`. */
  readonly columns: string;

  constructor(table: StateTable<S>) {
    const { name, id, endsLast } = table;
    const columns = columnsOf(table);
    const states = columns.filter((column) => !/^(valid|known)_/.test(column)).join(', ');
    const open = `t.user_id = given.user_id AND t.${id} = given.id AND t.known_to = 'infinity'
      ${endsLast ? "AND t.valid_to = 'infinity'" : ''}`;
    const cut = 'unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS given (user_id, id, at)';
    const end =
      'unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) AS given (user_id, id, valid_to, known_to)';
    const rest = `INSERT INTO ${name} (${states}, valid_from, valid_to, known_from, known_to)
      SELECT ${states}, valid_from, at, at, 'infinity' FROM gone WHERE valid_from < at`;
    const update = `UPDATE ${name} t SET known_to = found.known_to FROM found WHERE t.ctid = found.ctid`;
    const remove = `DELETE FROM ${name} t USING found WHERE t.ctid = found.ctid`;
    this.#table = table;
    this.columns = columns.map((column) => `t.${column}`).join(', ');
    this.#cut = `WITH found AS (${lookUp(name, 't.ctid, given.at AS known_to', cut, `${open} AND t.valid_to > given.at AND t.known_from < given.at`)}),
      gone AS (${update} RETURNING t.*, t.known_to AS at) ${rest}`;
    this.#cutUnknown = `WITH found AS (${lookUp(name, 't.ctid, given.at', cut, `${open} AND t.valid_to > given.at AND t.known_from = given.at`)}),
      gone AS (${remove} RETURNING t.*, found.at) ${rest}`;
    this.#end = `WITH found AS (${lookUp(name, 't.ctid, given.known_to', end, `${open} AND t.valid_to = given.valid_to`)}) ${update}`;
    this.#remove = `WITH found AS (${lookUp(name, 't.ctid', cut, `${open} AND t.valid_to = given.at`)}) ${remove}`;
  }

  async write(client: PoolClient, things: Iterable<ChangedThing<S>>): Promise<void> {
    const cut: Given = [];
    const cutUnknown: Given = [];
    const ended: Given = [];
    const removed: Given = [];
    const added: Ended<S>[] = [];
    for (const { userId, id, changes, hasSameInstant } of things) {
      if (changes.cut) cut.push([userId, id, timeOf(changes.cut.at)]);
      if (changes.cut && hasSameInstant) cutUnknown.push([userId, id, timeOf(changes.cut.at)]);
      for (const { interval, knownTo } of changes.ended)
        ended.push([userId, id, timeOf(interval.validTo), timeOf(knownTo)]);
      for (const { validTo } of changes.removed) removed.push([userId, id, timeOf(validTo)]);
      for (const one of changes.added) added.push(one);
    }
    await this.#run(client, 'cut_unknown', this.#cutUnknown, cutUnknown);
    await this.#run(client, 'cut', this.#cut, cut);
    await this.#run(client, 'remove', this.#remove, removed);
    await this.#run(client, 'end', this.#end, ended);
    await addRows(client, this.#table, added);
  }

  /** Adds rows that are known no longer. */
  async add(client: PoolClient, ended: Iterable<Ended<S>>): Promise<void> {
    await addRows(client, this.#table, ended);
  }

  async #run(client: PoolClient, what: string, text: string, rows: Given): Promise<void> {
    for (const some of chunked(rows)) {
      const values = (some[0] ?? []).map((_, column) => some.map((row) => row[column]));
      await client.query({ name: `${this.#table.name}_${what}`, text, values });
    }
  }
}
