import { createReader } from '../shared/events/codec.ts';
import type { Logger } from '../shared/logger.ts';
import { Caches } from './caches/caches.ts';
import type { ProjectorConfig } from './config.ts';
import type { Connections } from './connections.ts';
import { eventStoreFeed } from './feeds/event-store.ts';
import { Runner } from './follow/runner.ts';
import type { ProjectorMetrics } from './metrics.ts';
import { missingMigrations } from './schemas/migrate.ts';
import { eraseUsage } from './write/erase-usage.ts';
import { ReadModelWriter } from './write/read-model-writer.ts';

/** The projector's runner, with everything that it needs. */
export function createRunner(
  { clock, database: pool, log, redis, vault }: Connections,
  config: ProjectorConfig,
  logger: Logger,
  metrics: ProjectorMetrics,
): Runner {
  const runner = new Runner({
    pool,
    maxBatch: config.PROJECTOR_BATCH_EVENTS,
    missingMigrations: () => missingMigrations(pool),
    clock,
    logger,
    metrics,
    feed: eventStoreFeed(log, config.PROJECTOR_BATCH_EVENTS),
    writer: new ReadModelWriter({ pool, eraseUsage: eraseUsage(logger) }, { reader: createReader(), vault }),
    caches: new Caches({ db: pool, redis, logger, metrics }),
  });
  metrics.watch(() => runner.observe());
  return runner;
}
