import { type CopyValue, copyRows } from '../../../shared/adapters/postgres/copy.ts';
import type { PoolClient } from '../../../shared/adapters/postgres/pool.ts';
import type { Role } from '../../../shared/events/metadata.ts';
import type { UserEvent } from '../../../shared/events/types.ts';
import type { Cause } from '../intervals/cause.ts';
import type { Ended, Interval } from '../intervals/interval.ts';

type Row = Readonly<Record<string, unknown>>;

/** A table of intervals: what its rows say of a state, and how a state is read from one. */
export interface StateTable<S extends { readonly cause: Cause }> {
  readonly name: 'subscription_states' | 'license_states' | 'customers';
  /** The column that names the thing that a row is about. */
  readonly id: string;
  /** Whether it is always the row without an end that changes: an index holds those alone. */
  readonly endsLast: boolean;
  /** The columns that a state says, `user_id` among them. The others are the same for every table. */
  readonly columns: readonly string[];
  /** A value for each of them. */
  readonly values: (state: S) => Readonly<Record<string, CopyValue>>;
}

/** One whose rows are read, too. */
export interface ReadStateTable<S extends { readonly cause: Cause }> extends StateTable<S> {
  readonly state: (row: Row, cause: Cause) => S;
}

/** Milliseconds since 1970 of a column that may be infinite. */
export const instantOf = (value: unknown): number => Number(value);

/** The same few instants stand in a batch's rows again and again; to write one out costs as much as the rest of its row. */
const written = new Map<number, string>();
const MOST_WRITTEN = 10_000;

/** An instant as PostgreSQL reads it. */
export function timeOf(instant: number): string {
  if (instant === Number.POSITIVE_INFINITY) return 'infinity';
  let text = written.get(instant);
  if (text === undefined) {
    if (written.size >= MOST_WRITTEN) written.clear();
    text = new Date(instant).toISOString();
    written.set(instant, text);
  }
  return text;
}

const CAUSE = ['actor_role', 'cause_type', 'cause_commit', 'cause_prepare'];
const TIMES = ['valid_from', 'valid_to', 'known_from', 'known_to'];

/** Every column of a table. */
export const columnsOf = <S extends { readonly cause: Cause }>({ columns }: StateTable<S>) => [
  ...columns,
  ...CAUSE,
  ...TIMES,
];

/** The row of an interval. */
export function rowOf<S extends { readonly cause: Cause }>(
  table: StateTable<S>,
  { interval, knownTo }: Ended<S>,
): Readonly<Record<string, CopyValue>> {
  const { type, position, actorRole } = interval.state.cause;
  return {
    ...table.values(interval.state),
    actor_role: actorRole,
    cause_type: type,
    cause_commit: position.commit,
    cause_prepare: position.prepare,
    valid_from: timeOf(interval.validFrom),
    valid_to: timeOf(interval.validTo),
    known_from: timeOf(interval.knownFrom),
    known_to: timeOf(knownTo),
  };
}

/** The interval that a row says, which is known until further notice. */
export function intervalOf<S extends { readonly cause: Cause }>(
  table: ReadStateTable<S>,
  row: Row,
): Interval<S> {
  const cause: Cause = {
    type: row.cause_type as UserEvent['type'],
    position: { commit: BigInt(row.cause_commit as string), prepare: BigInt(row.cause_prepare as string) },
    actorRole: row.actor_role as Role,
  };
  return {
    state: table.state(row, cause),
    validFrom: instantOf(row.valid_from),
    validTo: instantOf(row.valid_to),
    knownFrom: instantOf(row.known_from),
    stored: true,
  };
}

export const addRows = <S extends { readonly cause: Cause }>(
  client: PoolClient,
  table: StateTable<S>,
  added: Iterable<Ended<S>>,
): Promise<void> =>
  copyRows(
    client,
    table.name,
    columnsOf(table),
    Iterator.from(added).map((one) => rowOf(table, one)),
  );
