/** The schemas of history tables. They are written in one transaction, and stand or fall together. */
export interface HistorySchemas {
  /** Read models of their own, without personal data, which the events are folded by; with the checkpoint. */
  readonly fold: string;
  /** The tables that analysts read. */
  readonly history: string;
}

export const HISTORY: HistorySchemas = { fold: 'history_fold', history: 'history' };

/** What connections that write have as their search path. */
export const searchPath = ({ fold, history }: HistorySchemas): string => `${fold},${history}`;
