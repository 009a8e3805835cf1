import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { Redis } from '../../shared/adapters/redis/client.ts';
import type { Position } from '../../shared/events/position.ts';
import { writeViews } from '../../shared/read-model/cached-views.ts';
import { loadViews } from '../../shared/read-model/load-views.ts';
import { licenseKey, userKey } from '../../shared/read-model/views.ts';
import type { Touched } from '../write/batch-state.ts';

/** Users, licenses or keys of one round. */
const PAGE = 500;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface CacheRefresh {
  readonly db: Pool;
  readonly redis: Redis;
  /** Called after each page, so that what changes meanwhile does not wait for all of it. */
  readonly between: () => Promise<void>;
}

/** By the primary key, so that one pass over the table is cut into pages; an index would slow down every event. */
const USERS_SINCE = `
SELECT user_id FROM users
WHERE user_id > $1 AND (position_commit, position_prepare) > ($2, $3) ORDER BY user_id LIMIT ${PAGE}`;

const LICENSES_OF = `
SELECT user_id, license_id FROM licenses
WHERE user_id = ANY ($1::uuid[]) AND (user_id, license_id) > ($2, $3) ORDER BY user_id, license_id LIMIT ${PAGE}`;

/** Being parked shows in a user's view and moves no position. */
const PARKED_USERS = `
SELECT DISTINCT user_id FROM parked_events WHERE user_id > $1 ORDER BY user_id LIMIT ${PAGE}`;

const SETTLED = `
SELECT settled.user_id, licenses.license_id FROM settled_users settled LEFT JOIN licenses USING (user_id)
WHERE (settled.position_commit, settled.position_prepare) >= ($1, $2)`;

const NIL = '00000000-0000-0000-0000-000000000000';

/** Writes the views of every user whose last event lies behind `since` or is parked, and of all their licenses. */
export async function refreshSince(refresh: CacheRefresh, since: Position): Promise<void> {
  await refreshUsers(refresh, USERS_SINCE, [since.commit, since.prepare]);
  await refreshUsers(refresh, PARKED_USERS, []);
}

/** Whose parked events were settled when the checkpoint stood at `since` or behind it: no position tells of that. */
export async function settledSince(db: Pool, since: Position): Promise<Touched> {
  const { rows } = await db.query<{ user_id: string; license_id: string | null }>(SETTLED, [
    since.commit,
    since.prepare,
  ]);
  return {
    users: new Set(rows.map((row) => row.user_id)),
    licenses: new Set(rows.flatMap(({ license_id: id }) => (id === null ? [] : [id]))),
  };
}

async function refreshUsers(
  refresh: CacheRefresh,
  statement: string,
  values: readonly bigint[],
): Promise<void> {
  for (let userIds = [NIL]; ; ) {
    const last = userIds.at(-1);
    const { rows } = await refresh.db.query<{ user_id: string }>(statement, [last, ...values]);
    if (rows.length === 0) return;
    userIds = rows.map((row) => row.user_id);
    await rewrite(refresh, { userIds, licenseIds: [] });
    await refreshLicenses(refresh, userIds);
  }
}

async function refreshLicenses(refresh: CacheRefresh, userIds: readonly string[]): Promise<void> {
  for (let after = { user_id: NIL, license_id: NIL }; ; ) {
    const { rows } = await refresh.db.query<{ user_id: string; license_id: string }>(LICENSES_OF, [
      userIds,
      after.user_id,
      after.license_id,
    ]);
    const last = rows.at(-1);
    if (!last) return;
    after = last;
    await rewrite(refresh, { userIds: [], licenseIds: rows.map((row) => row.license_id) });
  }
}

/**
 * Writes anew every view that Redis holds. For a Redis that doesn't say how old it is: an empty one costs nothing.
 * Removing the keys instead would let a load that began earlier put an older view back.
 */
export async function refreshHeld(refresh: CacheRefresh): Promise<void> {
  for (const kind of ['licenseIds', 'userIds'] as const) {
    const prefix = kind === 'licenseIds' ? licenseKey('') : userKey('');
    let cursor = '0';
    do {
      const [next, keys] = await refresh.redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', PAGE);
      const ids = keys.map((key) => key.slice(prefix.length)).filter((id) => UUID.test(id));
      await rewrite(refresh, { userIds: [], licenseIds: [], [kind]: ids });
      cursor = next;
    } while (cursor !== '0');
  }
}

async function rewrite(
  { db, redis, between }: CacheRefresh,
  ids: { readonly userIds: readonly string[]; readonly licenseIds: readonly string[] },
): Promise<void> {
  if (ids.userIds.length + ids.licenseIds.length > 0) await writeViews(redis, await loadViews(db, ids));
  await between();
}
