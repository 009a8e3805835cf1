import type { HistoryTables } from '../write/batch/history.ts';
import { IntervalBatch } from './write/batch.ts';
import { addDays } from './write/days.ts';

/**
 * The history tables, in the schema that comes after the read models' on the search path of the writer's connections: they are
 * the `history` of a read-model writer's target.
 */
export const historyTables: HistoryTables = {
  batch: () => new IntervalBatch('once'),
  parts: () => new IntervalBatch('in_parts'),
  seen: addDays,
};
