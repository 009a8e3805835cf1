import type { HistoryTables } from '../write/batch/history.ts';

/**
 * The history tables in the schema that the writer's connections have on their search path. Give it to a read-model writer
 * as its target's `history`. One for each writer: it remembers which terms it has written.
 */
export function createHistory(): HistoryTables {
  return {
    batch: () => ({ load: async () => {}, applied: () => {}, save: async () => {} }),
    seen: async () => {},
  };
}
