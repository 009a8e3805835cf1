import { chunked } from '../../../shared/adapters/postgres/chunked.ts';
import { copyRows } from '../../../shared/adapters/postgres/copy.ts';
import type { PoolClient, Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { countingOf, type User, userRow } from '../../../shared/read-model/fold/user.ts';
import { USER_COLUMNS, type UserRow } from '../../../shared/read-model/rows.ts';
import type { RowsToSave } from '../batch/batch-rows.ts';

const LOAD = `
SELECT user_id, email, email_verified, name, external_id, status, subscription_id, subscription_start_date, counting,
  credentials_revision, ended_token_ids, revision, position_commit, position_prepare, created_at, updated_at
FROM users WHERE user_id = ANY ($1::uuid[])`;

/** The rows of these users, of those that have one. */
export async function loadUsers(db: Queryable, userIds: readonly string[]): Promise<User[]> {
  const { rows } = await db.query<UserRow>({ name: 'users_load', text: LOAD, values: [userIds] });
  return rows.map((row) => ({
    userId: row.user_id,
    email: row.email,
    emailVerified: row.email_verified,
    name: row.name,
    externalId: row.external_id,
    status: row.status,
    counting: countingOf(row),
    credentialsRevision: Number(row.credentials_revision),
    endedTokens: row.ended_token_ids,
    revision: Number(row.revision),
    position: { commit: BigInt(row.position_commit), prepare: BigInt(row.position_prepare) },
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  }));
}

const SAVE = `
INSERT INTO users (user_id, email, email_verified, name, external_id, status, subscription_id,
  subscription_start_date, counting, credentials_revision, ended_token_ids, revision, position_commit, position_prepare, created_at, updated_at)
SELECT user_id, email, email_verified, name, external_id, status, subscription_id, subscription_start_date, counting,
  credentials_revision, ended_token_ids, revision, position_commit, position_prepare, created_at, updated_at
FROM json_to_recordset($1) AS row (user_id uuid, email text, email_verified boolean, name text, external_id text,
  status text, subscription_id uuid, subscription_start_date timestamptz, counting jsonb, credentials_revision bigint, ended_token_ids jsonb,
  revision bigint, position_commit bigint, position_prepare bigint, created_at timestamptz, updated_at timestamptz)
ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, email_verified = excluded.email_verified,
  name = excluded.name, external_id = excluded.external_id, status = excluded.status,
  subscription_id = excluded.subscription_id, subscription_start_date = excluded.subscription_start_date,
  counting = excluded.counting, credentials_revision = excluded.credentials_revision, ended_token_ids = excluded.ended_token_ids,
  revision = excluded.revision, position_commit = excluded.position_commit,
  position_prepare = excluded.position_prepare, updated_at = excluded.updated_at`;

/** Writes the rows. JSON was measured beside arrays: as fast in PostgreSQL, cheaper to make here. */
export async function saveUsers(client: PoolClient, { made, changed }: RowsToSave<User>): Promise<void> {
  await copyRows(client, 'users', USER_COLUMNS, made.values().map(userRow));
  for (const some of chunked(changed))
    await client.query({ name: 'users_save', text: SAVE, values: [JSON.stringify(some.map(userRow))] });
}
