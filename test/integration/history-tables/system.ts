import { startHistoryFollower } from '../../../projector/history/follow/app.ts';
import { readHistoryConfig } from '../../../projector/history/follow/config.ts';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { formatPosition } from '../../../shared/event-log/position.ts';
import { eventually } from '../../support/eventually.ts';
import { createDatabase } from '../../support/servers/databases.ts';
import { createSystem, silent } from '../projector/system.ts';

/** The projector's surroundings, with the history tables in a database of their own. */
export async function createHistorySystem(serverUrl?: string) {
  await using stack = new AsyncDisposableStack();
  const system = stack.use(await createSystem());
  const database = stack.use(await createDatabase(serverUrl));
  const historyPool = createPool({
    connectionString: database.url,
    applicationName: 'test',
    max: 4,
    logger: silent,
  });
  stack.defer(() => historyPool.end());
  const env = () => ({ ...system.env(), HISTORY_DATABASE_URL: database.url });
  const kept = stack.move();
  const first = async <T>(sql: string): Promise<T | undefined> => (await historyPool.query(sql)).rows[0];
  return {
    ...system,
    env,
    /** To the database with the history tables. */
    historyPool,
    historyUrl: database.url,
    first,
    /** Starts a follower in this process, which is stopped with the system unless the test does it. */
    async follow(settings: Record<string, string> = {}) {
      const follower = await startHistoryFollower({
        config: readHistoryConfig({ ...env(), ...settings }),
        logger: silent,
      });
      kept.defer(() => follower.stop());
      return follower;
    },
    /** Waits until the history tables have all that is in the log now. */
    async reached(timeoutMs?: number): Promise<void> {
      for await (const { position } of system.log.readAll({ direction: 'backwards' })) {
        const wanted = formatPosition(position).split('/');
        await eventually(
          `history at ${wanted}`,
          async () => {
            const { rowCount } = await historyPool.query(
              `SELECT FROM history_fold.checkpoints
               WHERE (last_event_commit, last_event_prepare) >= ($1::bigint, $2::bigint)`,
              wanted,
            );
            return rowCount === 1;
          },
          timeoutMs,
        );
        return;
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type HistorySystem = Awaited<ReturnType<typeof createHistorySystem>>;
