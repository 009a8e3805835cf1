import { ADVISORY_LOCKS } from '../../../shared/adapters/postgres/advisory-locks.ts';
import { isPostgresUnavailable } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import { eventStoreFeed } from '../../feeds/event-store.ts';
import { Consumer, type Session } from '../../follow/consumer.ts';
import { project } from '../../write/project.ts';
import { historyDecoder } from '../upkeep/decoder.ts';
import { HISTORY_TABLES } from '../upkeep/errors.ts';
import { OperatorMarks } from '../upkeep/operators.ts';
import { type UpdateProgress, updateTables } from '../upkeep/update.ts';
import { historyWriter } from '../upkeep/writer.ts';
import type { HistoryConfig } from './config.ts';
import type { Connections } from './connections.ts';
import type { HistoryFollowerMetrics } from './metrics.ts';

/** How often the log says how far a first build is. */
const SAY_EVERY_MS = 10_000;

function reporter(logger: Logger): (progress: UpdateProgress) => void {
  let at = performance.now();
  return (progress) => {
    if (performance.now() - at < SAY_EVERY_MS) return;
    at = performance.now();
    logger.info({ ...progress, fraction: Number(progress.fraction.toFixed(3)) }, 'history_building');
  };
}

/**
 * The consumer of the log that keeps the history tables up: each session begins with what `history-tables update` does,
 * so it makes the tables where there are none, upgrades those of an older release, and catches up in large transactions.
 */
export function createConsumer(
  connections: Connections,
  config: HistoryConfig,
  logger: Logger,
  metrics: HistoryFollowerMetrics,
): Consumer {
  const { connectionString, own, live, log } = connections;
  const clock = systemClock;
  const maxBatch = config.HISTORY_BATCH_EVENTS;
  const feed = eventStoreFeed(log, maxBatch, HISTORY_TABLES);
  const decoder = historyDecoder(logger);
  const writer = historyWriter(own, decoder, () => true);
  const operators = new OperatorMarks(live, own, clock);
  const marks = {
    // The live read models may be unreachable while these tables are not: then it is done later.
    follow: () =>
      operators.follow().catch((error: unknown) => {
        if (!isPostgresUnavailable(error)) throw error;
        logger.warn({ err: error }, 'marks_not_read');
      }),
  };
  async function follow(session: Session): Promise<void> {
    const { differing } = await updateTables({
      ...{ connectionString, feed, decoder, clock, logger, signal: session.signal },
      liveConnectionString: config.DATABASE_URL,
      progress: reporter(logger),
      verified: () => session.started(),
    });
    metrics.differing.set(differing.length);
    if (differing.length > 0)
      logger.warn({ events: differing, way_out: 'cli history-tables rebuild' }, 'history_differs');
    await writer.load();
    await project({ feed, writer, caches: { publish: () => undefined }, metrics, maxBatch, marks }, session);
  }
  const consumer = new Consumer({
    name: 'history',
    pool: connections.database,
    lock: ADVISORY_LOCKS.historyTables,
    // Whoever leads makes them.
    missingMigrations: async () => [],
    waiting: () => feed.waiting,
    work: { follow },
    clock,
    logger,
  });
  metrics.watch(consumer.status, () => writer.parkedUsers);
  return consumer;
}
