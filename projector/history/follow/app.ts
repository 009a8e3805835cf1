import { watchPools } from '../../../shared/adapters/postgres/pool-metrics.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createMetrics } from '../../../shared/http/metrics.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import { startMaintenance } from '../../schemas/maintenance.ts';
import { makePartitions, SUBSCRIPTIONS, yearsAround } from '../../schemas/partitions.ts';
import { type ConsumerService, serveConsumer } from '../../service.ts';
import { copyMachines } from '../upkeep/machines.ts';
import { skippedLate } from '../upkeep/operators.ts';
import { HISTORY } from '../upkeep/schemas.ts';
import type { HistoryConfig } from './config.ts';
import { connect } from './connections.ts';
import { createConsumer } from './create-consumer.ts';
import { createHistoryMetrics } from './metrics.ts';

export interface HistoryFollowerOptions {
  readonly config: HistoryConfig;
  readonly logger: Logger;
}

/**
 * Starts what keeps the history tables up to the log. It waits for what can't be reached, and says on /health/ready what it
 * waits for.
 * @throws the listening's error
 */
export async function startHistoryFollower({
  config,
  logger,
}: HistoryFollowerOptions): Promise<ConsumerService> {
  const connections = connect(config, logger);
  const { database, own, live, log } = connections;
  const metrics = createMetrics('history-tables');
  watchPools(metrics.registry, { history: database });
  const ofHistory = createHistoryMetrics(metrics.registry);
  const consumer = createConsumer(connections, config, logger, ofHistory);
  consumer.start();
  const maintenance = startMaintenance({
    active: () => consumer.following,
    async round() {
      await makePartitions(database, SUBSCRIPTIONS(HISTORY.fold), yearsAround(systemClock()));
      await copyMachines(live, database, HISTORY.history, systemClock());
      ofHistory.differing.set((await skippedLate(live, own)).length);
    },
    logger,
  });
  return serveConsumer({
    config,
    dependencies: {
      history: { check: async () => consumer.status.assertRunning(), required: true },
      event_store: { check: () => log.ping(), required: true },
      database: { check: () => database.query('SELECT'), required: true },
      read_models: { check: () => live.query('SELECT'), required: false },
    },
    metrics,
    clock: systemClock,
    logger,
    stopWork: async () => {
      await Promise.all([consumer.stop(), maintenance.stop()]);
    },
    closeConnections: () => connections.close(),
  });
}
