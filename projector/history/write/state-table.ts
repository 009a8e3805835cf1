import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Role } from '../../../shared/events/metadata.ts';
import type { UserEvent } from '../../../shared/events/types.ts';
import type { Cause } from '../intervals/cause.ts';
import type { Changes, Ended, Interval } from '../intervals/interval.ts';

/** A table of intervals: what its rows say of a state, and how a state is read from one. */
export interface StateTable<S extends { readonly cause: Cause }> {
  readonly name: 'subscription_states' | 'license_states' | 'customers';
  /** The column that names the thing that a row is about. */
  readonly id: string;
  /** The columns that a state says → their types; first of them `user_id`. The others are the same for every table. */
  readonly columns: Readonly<Record<string, string>>;
  /** A value for each of them. An instant is in milliseconds since 1970, a bigint a text. */
  readonly values: (state: S) => Readonly<Record<string, unknown>>;
  readonly state: (row: Readonly<Record<string, unknown>>, cause: Cause) => S;
}

/** Milliseconds since 1970 of a column that may be infinite. */
export const instantOf = (value: unknown): number => Number(value);

const CAUSE = { actor_role: 'text', cause_type: 'text', cause_commit: 'bigint', cause_prepare: 'bigint' };
const TIMES = ['valid_from', 'valid_to', 'known_from', 'known_to'];

/** Infinity, which JSON doesn't know. */
const json = (_: string, value: unknown): unknown =>
  value === Number.POSITIVE_INFINITY ? 'infinity' : value;

const toTime = (column: string): string => `to_timestamp(${column} / 1000.0)`;

/** The statements of a table, made once. */
export class StateRows<S extends { readonly cause: Cause }> {
  readonly #table: StateTable<S>;
  readonly #add: string;
  readonly #end: string;
  readonly #remove: string;
  readonly #selected: string;

  constructor(table: StateTable<S>) {
    const { name, id, columns } = table;
    const all = { ...columns, ...CAUSE };
    const types = Object.entries(all).map(([column, type]) => [
      column,
      type === 'timestamptz' ? 'float8' : type,
    ]);
    const given = [...types, ...TIMES.map((column) => [column, 'float8'])].map((column) => column.join(' '));
    const read = Object.entries(all).map(([column, type]) =>
      type === 'timestamptz' ? toTime(column) : column,
    );
    const names = [...Object.keys(all), ...TIMES];
    this.#table = table;
    this.#selected = names.map((column) => `t.${column}`).join(', ');
    this.#add = `INSERT INTO ${name} (${names.join(', ')}) SELECT ${[...read, ...TIMES.map(toTime)].join(', ')}
      FROM json_to_recordset($1) AS row (${given.join(', ')})`;
    const these = `t.user_id = row.user_id AND t.${id} = row.id AND t.valid_to = ${toTime('row.valid_to')}
      AND t.known_to = 'infinity'`;
    this.#end = `UPDATE ${name} t SET known_to = ${toTime('row.known_to')}
      FROM json_to_recordset($1) AS row (user_id uuid, id uuid, valid_to float8, known_to float8) WHERE ${these}`;
    this.#remove = `DELETE FROM ${name} t USING json_to_recordset($1) AS row (user_id uuid, id uuid, valid_to float8)
      WHERE ${these}`;
  }

  /** What the statements of a table have in common that read rows of it as they are known: `SELECT … FROM … t`. */
  get select(): string {
    return `SELECT ${this.#selected} FROM ${this.#table.name} t`;
  }

  read(row: Readonly<Record<string, unknown>>): Interval<S> {
    const cause: Cause = {
      type: row.cause_type as UserEvent['type'],
      position: { commit: BigInt(row.cause_commit as string), prepare: BigInt(row.cause_prepare as string) },
      actorRole: row.actor_role as Role,
    };
    return {
      state: this.#table.state(row, cause),
      validFrom: instantOf(row.valid_from),
      validTo: instantOf(row.valid_to),
      knownFrom: instantOf(row.known_from),
      stored: true,
    };
  }

  async write(db: Queryable, changes: Iterable<Changes<S>>): Promise<void> {
    const ended: unknown[] = [];
    const removed: unknown[] = [];
    const added: unknown[] = [];
    for (const one of changes) {
      for (const { interval, knownTo } of one.ended)
        ended.push({ ...this.#key(interval), known_to: knownTo });
      for (const interval of one.removed) removed.push(this.#key(interval));
      for (const row of one.added) added.push(this.#row(row));
    }
    await this.#run(db, 'remove', this.#remove, removed);
    await this.#run(db, 'end', this.#end, ended);
    await this.#run(db, 'add', this.#add, added);
  }

  async #run(db: Queryable, what: string, text: string, rows: readonly unknown[]): Promise<void> {
    if (rows.length > 0)
      await db.query({ name: `${this.#table.name}_${what}`, text, values: [JSON.stringify(rows, json)] });
  }

  #key({ state, validTo }: Interval<S>) {
    const values = this.#table.values(state);
    return { user_id: values.user_id, id: values[this.#table.id], valid_to: validTo };
  }

  #row({ interval, knownTo }: Ended<S>) {
    const { type, position, actorRole } = interval.state.cause;
    return {
      ...this.#table.values(interval.state),
      actor_role: actorRole,
      cause_type: type,
      cause_commit: String(position.commit),
      cause_prepare: String(position.prepare),
      valid_from: interval.validFrom,
      valid_to: interval.validTo,
      known_from: interval.knownFrom,
      known_to: knownTo,
    };
  }
}
