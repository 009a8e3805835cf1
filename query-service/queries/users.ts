import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { SubscriptionRow, UserRow } from '../../shared/read-model/rows.ts';
import { normaliseEmail } from '../../shared/vault/vault.ts';

export interface FoundUser {
  readonly user: UserRow;
  /** The subscription that counts. */
  readonly subscription: SubscriptionRow | undefined;
}

export interface UserFilter {
  readonly email?: string | undefined;
  readonly client_id?: string | undefined;
  readonly license_id?: string | undefined;
  readonly external_id?: string | undefined;
}

const FIND_USER = 'SELECT * FROM read_model.users WHERE user_id = $1';

/** Both columns of the key: one partition is touched. */
const FIND_SUBSCRIPTIONS = `
SELECT s.* FROM unnest($1::uuid[], $2::timestamptz[]) AS asked (subscription_id, start_date)
JOIN read_model.subscriptions s USING (subscription_id, start_date)`;

/** Each is a condition on `u` with the filter's value as its parameter. */
const CONDITIONS: Readonly<Record<keyof UserFilter, (parameter: string) => string>> = {
  email: (parameter) => `u.email = ${parameter}`,
  client_id: (parameter) =>
    `u.user_id IN (SELECT user_id FROM read_model.licenses WHERE client_id = ${parameter})`,
  license_id: (parameter) =>
    `u.user_id = (SELECT user_id FROM read_model.licenses WHERE license_id = ${parameter})`,
  external_id: (parameter) =>
    `u.user_id IN (SELECT user_id FROM read_model.subscriptions WHERE external_id = ${parameter})`,
};

async function withSubscriptions(db: Queryable, users: readonly UserRow[]): Promise<FoundUser[]> {
  const having = users.filter(({ subscription_id }) => subscription_id !== null);
  const { rows } =
    having.length === 0
      ? { rows: [] }
      : await db.query<SubscriptionRow>(FIND_SUBSCRIPTIONS, [
          having.map(({ subscription_id }) => subscription_id),
          having.map(({ subscription_start_date }) => subscription_start_date),
        ]);
  const byId = new Map(rows.map((row) => [row.subscription_id, row]));
  return users.map((user) => ({ user, subscription: byId.get(user.subscription_id ?? '') }));
}

export async function findUser(db: Queryable, userId: string): Promise<FoundUser | undefined> {
  const { rows } = await db.query<UserRow>({ name: 'find_user', text: FIND_USER, values: [userId] });
  return (await withSubscriptions(db, rows))[0];
}

/** As the row has it. PostgreSQL's lower() goes by the database's locale, and leaves É as it is under C. */
const storedForm = (filter: UserFilter, name: keyof UserFilter): string | undefined =>
  name === 'email' && filter.email !== undefined ? normaliseEmail(filter.email) : filter[name];

/** Users that all given filters match, by id, behind the user `after`; at most `limit`. */
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
SELECT u.* FROM read_model.users u
WHERE ${['($1::uuid IS NULL OR u.user_id > $1)', ...conditions].join(' AND ')}
ORDER BY u.user_id LIMIT $2`;
  const values = [page.after ?? null, page.limit, ...given.map((name) => storedForm(filter, name))];
  const { rows } = await db.query<UserRow>(text, values);
  return withSubscriptions(db, rows);
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
