import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { emailForms } from '../../shared/identity/email.ts';
import { comparedClientId } from '../../shared/identity/opaque.ts';
import {
  SUBSCRIPTION_COLUMNS,
  type SubscriptionRow,
  USER_COLUMNS,
  type UserRow,
} from '../../shared/read-model/rows.ts';

export interface FoundUser {
  readonly user: UserRow;
  /** The subscriptions that count, one a product, by the product's name. */
  readonly subscriptions: readonly SubscriptionRow[];
}

export interface UserFilter {
  readonly email?: string | undefined;
  readonly email_prefix?: string | undefined;
  readonly client_id?: string | undefined;
  readonly license_id?: string | undefined;
  readonly external_id?: string | undefined;
}

/**
 * A user and their subscriptions are read by one statement, and so from one snapshot: the user as of one event, the
 * subscriptions as of the same. A row for each subscription that counts, and one for a user without.
 */
const COLUMNS = [
  ...USER_COLUMNS.map((column) => `u.${column} AS user_${column}`),
  ...SUBSCRIPTION_COLUMNS.map((column) => `s.${column} AS subscription_${column}`),
].join(', ');

/** Both columns of the key: one partition is touched. */
const COUNTING = `LEFT JOIN LATERAL (
  SELECT u.subscription_id AS id, u.subscription_start_date AS start WHERE u.subscription_id IS NOT NULL
  UNION ALL
  SELECT (one.value ->> 'id')::uuid, (one.value ->> 'start')::timestamptz FROM jsonb_each(u.counting) AS one
) counting ON true
LEFT JOIN read_model.subscriptions s ON s.subscription_id = counting.id AND s.start_date = counting.start`;

const FIND_USER = `
SELECT ${COLUMNS} FROM read_model.users u ${COUNTING} WHERE u.user_id = $1 ORDER BY s.product`;

type Joined = Readonly<Record<string, unknown>>;

const part = (row: Joined, prefix: string, columns: readonly string[]): unknown =>
  Object.fromEntries(columns.map((column) => [column, row[`${prefix}_${column}`]]));

/** In the order of the rows. */
function toUsers(rows: readonly Joined[]): FoundUser[] {
  return [...Map.groupBy(rows, (row) => row.user_user_id).values()].map((ofUser) => ({
    user: part(ofUser[0] as Joined, 'user', USER_COLUMNS) as UserRow,
    subscriptions: ofUser
      .filter((row) => row.subscription_subscription_id !== null)
      .map((row) => part(row, 'subscription', SUBSCRIPTION_COLUMNS) as SubscriptionRow),
  }));
}

/** Each is a condition on `u` with the filter's value as its parameter. */
const CONDITIONS: Readonly<Record<keyof UserFilter, (parameter: string) => string>> = {
  email: (parameter) => `u.email = ANY (${parameter})`,
  email_prefix: (parameter) => `u.email LIKE ${parameter}`,
  client_id: (parameter) =>
    `u.user_id IN (SELECT user_id FROM read_model.licenses WHERE client_id = ANY (${parameter}))`,
  license_id: (parameter) =>
    `u.user_id = (SELECT user_id FROM read_model.licenses WHERE license_id = ${parameter})`,
  external_id: (parameter) =>
    `u.user_id IN (SELECT user_id FROM read_model.users WHERE external_id = ${parameter}
      UNION ALL SELECT user_id FROM read_model.subscriptions WHERE external_id = ${parameter})`,
};

export async function findUser(db: Queryable, userId: string): Promise<FoundUser | undefined> {
  const { rows } = await db.query<Joined>({ name: 'find_user', text: FIND_USER, values: [userId] });
  return toUsers(rows)[0];
}

/**
 * As rows have it, those of older releases too. PostgreSQL's lower() goes by the database's locale, and leaves É as it is
 * under C.
 */
function storedForm(filter: UserFilter, name: keyof UserFilter): string | readonly string[] | undefined {
  const value = filter[name];
  if (value === undefined) return undefined;
  if (name === 'email') return emailForms(value) as readonly string[];
  if (name === 'email_prefix') return `${folded(value).replaceAll(/[\\%_]/g, '\\$&')}%`;
  if (name === 'client_id') return [comparedClientId(value), value, value.normalize('NFD')];
  return value;
}

/** The beginning of an address as the whole one is stored; a domain that is typed in another script is not. */
const folded = (prefix: string): string => prefix.trimStart().normalize('NFC').toLowerCase().normalize('NFC');

/** Users that all given filters match, by id, from the one after `after` on; at most `limit`. */
export async function findUsers(
  db: Queryable,
  filter: UserFilter,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<FoundUser[]> {
  const given = (Object.keys(CONDITIONS) as (keyof UserFilter)[]).filter(
    (name) => filter[name] !== undefined,
  );
  const conditions = given.map((name, i) => CONDITIONS[name](`$${i + 3}`));
  const text = `
SELECT ${COLUMNS} FROM (
  SELECT ${USER_COLUMNS.join(', ')} FROM read_model.users u
  WHERE ${['($1::uuid IS NULL OR u.user_id > $1)', ...conditions].join(' AND ')}
  ORDER BY u.user_id LIMIT $2
) u ${COUNTING}
ORDER BY u.user_id, s.product`;
  const values = [page.after ?? null, page.limit, ...given.map((name) => storedForm(filter, name))];
  const { rows } = await db.query<Joined>(text, values);
  return toUsers(rows);
}

const TOKEN_STATE = `
SELECT status = 'erased' OR credentials_revision > $2 OR ended_token_ids ? $3 AS ended
FROM read_model.users WHERE user_id = $1`;

/**
 * Whether a user's access token was ended by a log-out, a new password or an erasing; undefined if the read model has
 * no such user (yet).
 */
export async function tokenHasEnded(
  db: Queryable,
  token: { readonly sub: string; readonly rev: number; readonly jti: string },
): Promise<boolean | undefined> {
  const { rows } = await db.query<{ ended: boolean }>({
    name: 'token_state',
    text: TOKEN_STATE,
    values: [token.sub, token.rev, token.jti],
  });
  return rows[0]?.ended;
}
