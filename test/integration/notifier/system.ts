import { createSecretKey, randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { startEventStore } from '../../../local/event-store/server.ts';
import { type NotifierServiceOptions, startNotifier } from '../../../projector/notifier/app.ts';
import { readNotifierConfig } from '../../../projector/notifier/config.ts';
import { createSchedule } from '../../../projector/notifier/deliveries/schedule.ts';
import type { Enqueuer } from '../../../projector/notifier/enqueuer.ts';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createVault } from '../../../shared/vault/postgres-vault.ts';
import { eventually } from '../../support/eventually.ts';
import { createDatabase } from '../../support/servers/databases.ts';
import { createAuthors } from '../projector/author.ts';
import { MASTER_KEY, silent } from '../projector/system.ts';
import { type Behave, startEndpoint } from './endpoint.ts';
import { everyEvent } from './every-event.ts';

/** Nine pauses, as the real schedule has them, in which no test has to wait long. In milliseconds. */
export const SHORT_PAUSES = [20, 20, 20, 20, 20, 20, 20, 20, 20];

export interface DeliveryRow {
  readonly webhook_id: string;
  readonly event_id: string;
  readonly status: string;
  readonly attempts: number;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly body: string;
}

/** The notifier's surroundings: a migrated database, an event store, and endpoints of the test. */
export async function createNotifierSystem() {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createDatabase());
  const storeDatabase = stack.use(await createDatabase(inject('postgresUrl')));
  const storeOptions = { host: '127.0.0.1', databaseUrl: storeDatabase.url, logger: silent };
  let store = await startEventStore({ ...storeOptions, port: 0 });
  stack.defer(() => store.close());
  const pool = createPool({
    connectionString: database.url,
    applicationName: 'test',
    max: 4,
    logger: silent,
  });
  stack.defer(() => pool.end());
  await migrateAll({ database: pool, vault: pool });
  const masterKey = createSecretKey(Buffer.from(MASTER_KEY, 'base64url'));
  const vault = createVault({ db: pool, masterKey, clock: systemClock });
  const log = connectEventLog({ connectionString: store.connectionString });
  stack.defer(() => log.close());
  const env = {
    NODE_ENV: 'test',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    PORT: '0',
    DRAIN_MS: '0',
    DATABASE_URL: database.url,
    EVENTSTORE_URL: store.connectionString,
    VAULT_MASTER_KEY: MASTER_KEY,
    WEBHOOK_ALLOW_PRIVATE: 'true',
  };
  const kept = stack.move();
  /** Waits until the notifier has read all there is. */
  const caughtUp = () =>
    eventually('the notifier has read all', async () => {
      let end: string | undefined;
      for await (const { id } of log.readAll({ direction: 'backwards' })) {
        end = id;
        break;
      }
      const { rows } = await pool.query('SELECT last_event_id FROM notifications.checkpoints');
      return rows.length === 0 || (rows[0].last_event_id ?? undefined) === end;
    });
  const deliveries = async (webhookId: string) =>
    (
      await pool.query<DeliveryRow>(
        'SELECT * FROM notifications.deliveries WHERE webhook_id = $1 ORDER BY position_commit, position_prepare',
        [webhookId],
      )
    ).rows;
  return {
    pool,
    log,
    vault,
    env,
    authors: createAuthors(log, vault),
    /** Starts a notifier in this process, which is stopped with the system unless the test does it. */
    async notifier(
      settings: Record<string, string> = {},
      options: Partial<Pick<NotifierServiceOptions, 'schedule' | 'gate'>> & {
        /** Every event to every endpoint, unless given. */
        readonly enqueuers?: readonly Enqueuer[] | 'its own';
      } = {},
    ) {
      const { enqueuers = [everyEvent], ...others } = options;
      const notifier = await startNotifier({
        config: readNotifierConfig({ ...env, ...settings }),
        logger: silent,
        schedule: createSchedule(SHORT_PAUSES),
        ...(enqueuers !== 'its own' && { enqueuers }),
        ...others,
      });
      kept.defer(() => notifier.stop());
      await eventually('it follows', async () => (await fetch(`${notifier.url}/health/ready`)).ok);
      return notifier;
    },
    caughtUp,
    /** A seller's system, and an endpoint that names it, which is told of what comes from now on. */
    async endpoint(behave?: Behave, url?: string) {
      await caughtUp();
      const endpoint = kept.use(await startEndpoint(behave));
      const webhookId = randomUUID();
      await pool.query(
        `INSERT INTO notifications.webhooks (webhook_id, url, status, secret_id, revision, created_at, updated_at)
         VALUES ($1, $2, 'enabled', $1, 0, now(), now())`,
        [webhookId, url ?? endpoint.url],
      );
      endpoint.expect(await vault.derive('webhook_secret', webhookId));
      return Object.assign(endpoint, { webhookId });
    },
    deliveries,
    /** Waits until nothing is pending for an endpoint. Answers its deliveries. */
    settled: (webhookId: string) =>
      eventually('nothing is pending', async () => {
        const rows = await deliveries(webhookId);
        return rows.length > 0 && rows.every(({ status }) => status !== 'pending') && rows;
      }),
    /** What the sender has found out about an endpoint. */
    async found(webhookId: string): Promise<string | null> {
      const { rows } = await pool.query<{ found: string | null }>(
        'SELECT found FROM notifications.webhooks WHERE webhook_id = $1',
        [webhookId],
      );
      return rows[0]?.found ?? null;
    },
    stopStore: () => store.close(),
    async startStore() {
      store = await startEventStore({ ...storeOptions, port: store.port });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type NotifierSystem = Awaited<ReturnType<typeof createNotifierSystem>>;
