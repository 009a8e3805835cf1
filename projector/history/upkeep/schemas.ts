/** The schemas of history tables. They are written in one transaction, and stand or fall together. */
export interface HistorySchemas {
  /** Read models of their own, without personal data, which the events are folded by; with the checkpoint. */
  readonly fold: string;
  /** The tables that analysts read. */
  readonly history: string;
}

export const HISTORY: HistorySchemas = { fold: 'history_fold', history: 'history' };
/** While they are rebuilt; and those that were replaced. */
export const HISTORY_NEXT: HistorySchemas = { fold: 'history_fold_next', history: 'history_next' };
export const HISTORY_OLD: HistorySchemas = { fold: 'history_fold_old', history: 'history_old' };

/** What connections that write have as their search path. */
export const searchPath = ({ fold, history }: HistorySchemas): string => `${fold},${history}`;
