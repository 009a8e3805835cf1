import type { Registry } from 'prom-client';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { ADVISORY_LOCKS } from '../../shared/adapters/postgres/advisory-locks.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { watchPools } from '../../shared/adapters/postgres/pool-metrics.ts';
import { systemClock } from '../../shared/clock.ts';
import { createReader } from '../../shared/events/codec.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import type { Logger } from '../../shared/process/logger.ts';
import { loadMasterKey } from '../../shared/vault/master-key.ts';
import { createVault } from '../../shared/vault/postgres-vault.ts';
import { webhookKey } from '../../shared/webhooks/secret.ts';
import { eventStoreFeed } from '../feeds/event-store.ts';
import { Consumer } from '../follow/consumer.ts';
import { startMaintenance } from '../schemas/maintenance.ts';
import { missingNotifierMigrations } from '../schemas/migrate.ts';
import { type ConsumerService, serveConsumer } from '../service.ts';
import type { NotifierConfig } from './config.ts';
import { createGate, type Gate } from './deliveries/lookup.ts';
import { createDeliveryMetrics } from './deliveries/metrics.ts';
import { observeDeliveries } from './deliveries/observe.ts';
import { createPoster } from './deliveries/post.ts';
import { createSchedule, type Schedule } from './deliveries/schedule.ts';
import { DeliverySender } from './deliveries/sender.ts';
import { sweepDeliveries } from './deliveries/sweep.ts';
import type { Enqueuer, Sender } from './enqueuer.ts';
import { ENQUEUED, Following } from './follow.ts';
import { createMail } from './mail/create-mail.ts';
import { sweepMails } from './mail/due.ts';
import type { MailTiming } from './mail/sender.ts';
import { createNotifierMetrics, type NotifierMetrics } from './metrics.ts';
import { Sending } from './sending.ts';
import { WebhookEnqueuer } from './webhooks/enqueuer.ts';
import { UserStates } from './webhooks/user-states.ts';

export interface NotifierServiceOptions {
  readonly config: NotifierConfig;
  readonly logger: Logger;
  /** Other ones, for tests. */
  readonly enqueuers?: readonly Enqueuer[];
  readonly schedule?: Schedule;
  readonly gate?: Gate;
  readonly mailTiming?: MailTiming;
}

export type Connections = Awaited<ReturnType<typeof connect>>;

/** Everything that this service talks to. Nothing is connected yet: it starts with all of them unreachable. @throws ConfigError */
async function connect({ config, logger }: NotifierServiceOptions) {
  const masterKey = await loadMasterKey(config, logger);
  const database = createPool({
    connectionString: config.DATABASE_URL,
    applicationName: 'notifier',
    max: 10,
    settings: {
      // What is due and the checkpoint are lost together and then come again; what was sent may be sent once more.
      synchronous_commit: 'off',
      // One that is frozen in a transaction holds the checkpoint.
      idle_in_transaction_session_timeout: '10s',
    },
    logger,
  });
  const vaultDatabase = createPool({
    connectionString: config.VAULT_DATABASE_URL ?? config.DATABASE_URL,
    applicationName: 'notifier-vault',
    max: 2,
    logger,
  });
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  return {
    database,
    log,
    vault: createVault({ db: vaultDatabase, masterKey, clock: systemClock }),
    async close() {
      await Promise.all([log.close(), database.end(), vaultDatabase.end()]);
    },
  };
}

interface Work {
  readonly enqueuers: readonly Enqueuer[];
  readonly senders: readonly Sender[];
  close(): void;
}

/** What turns events into what is due, and what sends it. @throws ConfigError mail is not set up as a whole */
function createWork(
  { database: pool, vault, log }: Connections,
  options: NotifierServiceOptions,
  registry: Registry,
  { leftOut }: NotifierMetrics,
): Work {
  const { config, logger, mailTiming } = options;
  const { schedule = createSchedule(), gate = gateOf(config) } = options;
  const deliveries = new DeliverySender({
    pool,
    poster: createPoster({ gate, clock: systemClock }),
    schedule,
    async secretsOf({ secretId, previousSecretId }) {
      const ids = previousSecretId === undefined ? [secretId] : [secretId, previousSecretId];
      return Promise.all(ids.map((id) => webhookKey(vault, id)));
    },
    metrics: createDeliveryMetrics(registry),
    clock: systemClock,
    logger,
  });
  const reader = createReader();
  const states = new UserStates({ log, reader, vault, db: pool });
  const webhooks = new WebhookEnqueuer({ pool, states, leftOut, logger, log, reader });
  const mail = createMail({ config, pool, log, vault, registry, logger, mailTiming });
  return {
    enqueuers: options.enqueuers ?? [webhooks, ...(mail ? [mail.enqueuer] : [])],
    senders: [deliveries, ...(mail ? [mail.sender] : [])],
    close: () => mail?.close(),
  };
}

const gateOf = ({ WEBHOOK_ALLOW_PRIVATE }: NotifierConfig): Gate =>
  WEBHOOK_ALLOW_PRIVATE ? createGate(() => true) : createGate();

/**
 * Starts a notifier. It waits for what can't be reached, and says on /health/ready what it waits for.
 * @throws ConfigError; and the listening's error
 */
export async function startNotifier(options: NotifierServiceOptions): Promise<ConsumerService> {
  const { config, logger } = options;
  const connections = await connect(options);
  const { database: pool, log } = connections;
  const metrics = createMetrics('notifier');
  watchPools(metrics.registry, { database: pool });
  const notifierMetrics = createNotifierMetrics(metrics.registry);
  const missingMigrations = () => missingNotifierMigrations(pool);
  const { enqueuers, senders, close } = createWork(connections, options, metrics.registry, notifierMetrics);
  const sending = new Sending({ pool, missingMigrations, senders, logger });
  const feed = eventStoreFeed(log, config.NOTIFIER_BATCH_EVENTS, ENQUEUED);
  const following = new Following({
    feed,
    pool,
    reader: createReader(),
    enqueuers,
    enqueued: () => sending.wake(),
    metrics: notifierMetrics,
    foreign: (event) => logger.warn({ err: event }, 'foreign_event'),
  });
  const consumer = new Consumer({
    name: 'notifier',
    pool,
    lock: ADVISORY_LOCKS.notifier,
    missingMigrations,
    waiting: () => feed.waiting,
    work: { prepare: () => following.prepare(), follow: (session) => following.follow(session) },
    clock: systemClock,
    logger,
  });
  notifierMetrics.watch(consumer.status);
  consumer.start();
  sending.start();
  const observing = observeDeliveries(metrics.registry, pool, logger);
  const maintenance = startMaintenance({
    active: () => consumer.following,
    async round() {
      const swept = await sweepDeliveries(pool, config.NOTIFICATIONS_RETENTION_DAYS);
      const mails = await sweepMails(pool, config.NOTIFICATIONS_RETENTION_DAYS);
      if (swept + mails > 0) logger.info({ deliveries: swept, mails }, 'swept');
    },
    logger,
  });
  return serveConsumer({
    config,
    dependencies: {
      notifier: { check: async () => consumer.status.assertRunning(), required: true },
      sending: { check: async () => sending.assertRunning(), required: true },
      event_store: { check: () => log.ping(), required: true },
      database: { check: () => pool.query('SELECT'), required: true },
    },
    metrics,
    clock: systemClock,
    logger,
    async stopWork() {
      await Promise.all([maintenance.stop(), observing.stop(), consumer.stop(), sending.stop()]);
    },
    async closeConnections() {
      close();
      await connections.close();
    },
  });
}
