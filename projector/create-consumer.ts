import { ADVISORY_LOCKS } from '../shared/adapters/postgres/advisory-locks.ts';
import { createReader } from '../shared/events/codec.ts';
import type { Logger } from '../shared/process/logger.ts';
import { Caches } from './caches/caches.ts';
import type { ProjectorConfig } from './config.ts';
import type { Connections } from './connections.ts';
import { eventStoreFeed } from './feeds/event-store.ts';
import { Consumer, type ConsumerOptions } from './follow/consumer.ts';
import type { ProjectorMetrics } from './metrics.ts';
import { missingMigrations } from './schemas/migrate.ts';
import { eraseUsage } from './write/erase-usage.ts';
import { project } from './write/project.ts';
import { forgetErased } from './write/projections/erased.ts';
import { ReadModelWriter } from './write/read-model-writer.ts';

/** The consumer of the log that writes the read models and keeps the caches up to them. */
export function createConsumer(
  { clock, database: pool, log, redis, vault }: Connections,
  config: ProjectorConfig,
  logger: Logger,
  metrics: ProjectorMetrics,
): Pick<Consumer, 'start' | 'stop' | 'status' | 'following'> {
  const maxBatch = config.PROJECTOR_BATCH_EVENTS;
  const feed = eventStoreFeed(log, maxBatch);
  const eraseMeasured = eraseUsage(logger);
  const writer = new ReadModelWriter(
    {
      pool,
      async erase(client, userIds) {
        await forgetErased(client, userIds);
        await eraseMeasured(client, userIds);
      },
    },
    {
      reader: createReader(),
      vault,
      foreign: (event) => logger.warn({ err: event }, 'foreign_event'),
      unreadable: (staffId, cause) => logger.error({ staff_id: staffId, err: cause }, 'staff_unreadable'),
    },
  );
  const caches = new Caches({ db: pool, redis, logger, metrics });
  const work: ConsumerOptions['work'] = {
    async prepare() {
      // What Redis holds may have been written by another projector since.
      caches.forget();
      await writer.load();
    },
    follow: (session) => project({ feed, writer, caches, metrics, maxBatch }, session),
    // Also while the event store is unreachable: as long as nobody else writes, query nodes may trust what they have.
    confirmed: () => caches.heartbeat(writer.checkpoint.position),
  };
  const consumer = new Consumer({
    name: 'feed',
    pool,
    lock: ADVISORY_LOCKS.projectors,
    missingMigrations: () => missingMigrations(pool),
    waiting: () => feed.waiting,
    work,
    clock,
    logger,
  });
  metrics.watch(consumer.status, () => writer.parkedUsers);
  return {
    start: () => consumer.start(),
    status: consumer.status,
    get following() {
      return consumer.following;
    },
    async stop() {
      await consumer.stop();
      await caches.stop();
    },
  };
}
