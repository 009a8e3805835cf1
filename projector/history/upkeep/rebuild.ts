import { ADVISORY_LOCKS } from '../../../shared/adapters/postgres/advisory-locks.ts';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { type ComparedTables, READ_MODEL_TABLES } from '../../rebuild/compare.ts';
import type { Rebuildable } from '../../rebuild/rebuildable.ts';
import { migrateHistory } from '../../schemas/migrate.ts';
import { makeMetrics } from './make-metrics.ts';
import { skipAhead } from './operators.ts';
import { HISTORY, HISTORY_NEXT, HISTORY_OLD, searchPath } from './schemas.ts';
import { forgetEverybodyErased, historyWriter } from './writer.ts';

/** All that events make. */
const COMPARED: ComparedTables = {
  subscription_states: 'all',
  license_states: 'all',
  customers: 'all',
  catalogue_terms: 'all',
  days: 'all',
};

const TAKE_OVER = `
INSERT INTO ${HISTORY_NEXT.history}.machines_by_day (day, product, machines)
SELECT day, product, machines FROM ${HISTORY.history}.machines_by_day`;

/**
 * The history tables, with the read models that they are folded by.
 * @param live PostgreSQL with the live read models: what operators have skipped there is left out
 */
export const historyRebuildable = (live: Pool): Rebuildable => ({
  schemas: [
    { live: HISTORY.fold, next: HISTORY_NEXT.fold, old: HISTORY_OLD.fold },
    { live: HISTORY.history, next: HISTORY_NEXT.history, old: HISTORY_OLD.history },
  ],
  lock: ADVISORY_LOCKS.historyRebuild,
  compared: [READ_MODEL_TABLES, COMPARED],
  searchPath: searchPath(HISTORY_NEXT),
  async migrate(pool, bare) {
    await migrateHistory(pool, HISTORY_NEXT, bare);
    await makeMetrics(pool, HISTORY_NEXT.history);
  },
  writer: historyWriter,
  async skip(next) {
    await skipAhead(live, next);
  },
  forgetErased: forgetEverybodyErased,
  async takeOver(client) {
    await client.query(TAKE_OVER);
  },
});
