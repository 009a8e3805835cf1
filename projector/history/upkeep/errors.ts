import type { Written } from '../../errors.ts';

/** For the event store that does not have the event that the history tables are at. */
export const HISTORY_TABLES: Written = {
  holds: 'the history tables hold',
  startOver: 'run: cli history-tables drop, and cli history-tables update',
};

/** The history tables are not as they would have to be for this; the message says what to do. */
export class HistoryRefused extends Error {
  readonly code: 'history_running' | 'history_missing';
  constructor(code: HistoryRefused['code'], message: string) {
    super(message);
    this.name = 'HistoryRefused';
    this.code = code;
  }
}
