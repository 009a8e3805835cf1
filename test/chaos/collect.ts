import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { createPool, type Pool } from '../../shared/adapters/postgres/pool.ts';
import { connectRedis } from '../../shared/adapters/redis/client.ts';
import { pingRedis } from '../../shared/adapters/redis/ping.ts';
import { userStream } from '../../shared/events/streams.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { readPair } from '../../shared/read-model/cached-views.ts';
import { CACHE_CHECKPOINT_KEY } from '../../shared/read-model/views.ts';
import { eventually } from '../support/eventually.ts';
import type { CachedView, ComparedTable, History, LoggedEvent, UserRow } from './history.ts';
import type { Load } from './load.ts';
import type { System } from './system.ts';

const logger = createLogger({ service: 'chaos', level: 'silent' });

/** What a load wrote down. */
export type Recorded = Pick<
  Load,
  'userIds' | 'licenses' | 'commands' | 'validations' | 'reads' | 'badRequests' | 'failedInRestarts'
>;

async function readLog(system: System, userIds: readonly string[]): Promise<LoggedEvent[]> {
  const log = connectEventLog({ connectionString: system.setting('EVENTSTORE_URL') });
  try {
    const events: LoggedEvent[] = [];
    for (const userId of userIds) {
      for await (const { position, revision, type, data, metadata } of log.readStream(userStream(userId))) {
        const commandId = String(metadata.commandId);
        events.push({ position: Number(position.commit), userId, revision, type, data, commandId });
      }
    }
    return events.sort((a, b) => a.position - b.position);
  } finally {
    await log.close();
  }
}

async function readRows(pool: Pool): Promise<UserRow[]> {
  const users = await pool.query<{ user_id: string; revision: string; parked: boolean }>(
    `SELECT user_id, revision,
       EXISTS (SELECT FROM read_model.parked_events p WHERE p.user_id = u.user_id) AS parked
     FROM read_model.users u`,
  );
  const licenses = await pool.query<{ user_id: string; license_id: string; status: string }>(
    'SELECT user_id, license_id, status FROM read_model.licenses',
  );
  const byUser = Map.groupBy(licenses.rows, ({ user_id }) => user_id);
  return users.rows.map(({ user_id: userId, revision, parked }) => ({
    userId,
    revision: Number(revision),
    parked,
    licenses: new Map((byUser.get(userId) ?? []).map(({ license_id, status }) => [license_id, status])),
  }));
}

const stateOf = (suspended: boolean | undefined, cancelled: boolean | undefined): string =>
  `suspended: ${suspended}, cancelled: ${cancelled}`;

async function readViews(
  system: System,
  pool: Pool,
  rows: readonly UserRow[],
  load: Recorded,
): Promise<CachedView[]> {
  const subscriptions = await pool.query<{ user_id: string; suspended: boolean; cancelled: boolean }>(
    'SELECT user_id, suspended, cancelled FROM read_model.subscriptions',
  );
  // Of these customers each has one subscription.
  const states = new Map(
    subscriptions.rows.map(({ user_id, suspended, cancelled }) => [user_id, stateOf(suspended, cancelled)]),
  );
  const licenses = new Map(rows.flatMap((row) => [...row.licenses]));
  const redis = connectRedis({ url: system.setting('REDIS_URL'), name: 'chaos', logger });
  try {
    await pingRedis(redis, AbortSignal.timeout(10_000));
    // What is of an earlier epoch is trusted by nobody.
    const epoch = (await redis.hget(CACHE_CHECKPOINT_KEY, 'e')) ?? undefined;
    const views: CachedView[] = [];
    for (const { licenseId, userId } of load.licenses) {
      const { license, user } = await readPair(redis, licenseId, userId, epoch);
      const subscription = user?.user?.subscriptions.app;
      if (license) {
        const [cached, row] = [license.license?.status, licenses.get(licenseId)].map(String) as [
          string,
          string,
        ];
        views.push({ key: `license:${licenseId}`, cached, row });
      }
      if (user) {
        const cached = stateOf(subscription?.suspended, subscription?.cancelled);
        views.push({ key: `user:${userId}`, cached, row: String(states.get(userId)) });
      }
    }
    return views;
  } finally {
    redis.disconnect();
  }
}

/** Runs the comparison of a rebuild, which exits with 1 where a table differs, and still prints all of them. */
async function compare(system: System): Promise<ComparedTable[]> {
  const stdout = await system
    .tool('rebuild', '--compare-only')
    .catch((error: Error & { stdout?: string }) => {
      if (error.stdout === undefined) throw error;
      return error.stdout;
    });
  const lines = stdout.trim().split('\n').slice(1);
  const compared = lines
    .map((line) => line.trim().split(/\s+/))
    .map(([table = '', , , equal]) => ({ table, equal: equal === 'yes' }));
  if (compared.length === 0) throw new Error(`the rebuild compared nothing: ${stdout}`);
  return compared;
}

/** Waits until the read models have caught up with the log, then gathers all that a run is judged by. */
export async function collect(
  system: System,
  load: Recorded,
  bounds: Pick<History, 'faults' | 'seenWithinMs'>,
): Promise<History> {
  const log = await readLog(system, load.userIds);
  const end = log.at(-1)?.position ?? 0;
  const connectionString = system.setting('DATABASE_URL');
  const pool = createPool({ connectionString, applicationName: 'chaos', max: 2, logger });
  try {
    await eventually(
      'the read models have caught up',
      async () => {
        const { rows } = await pool.query('SELECT min(position_commit) AS at FROM read_model.checkpoints');
        return Number(rows[0]?.at) >= end;
      },
      60_000,
    );
    const rows = await readRows(pool);
    const counted = await pool.query('SELECT sum(activations) AS sum FROM read_model.activations_by_day');
    return {
      commands: load.commands,
      validations: load.validations,
      reads: load.reads,
      badRequests: load.badRequests,
      failedInRestarts: load.failedInRestarts,
      log,
      rows,
      activationsByDay: Number(counted.rows[0]?.sum ?? 0),
      views: await readViews(system, pool, rows, load),
      compared: await compare(system),
      relayed: await system.relayed?.(end),
      ...bounds,
    };
  } finally {
    await pool.end();
  }
}
