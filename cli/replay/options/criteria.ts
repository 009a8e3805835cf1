import type { Position } from '../../../shared/event-log/position.ts';

export const FORMATS = ['ndjson', 'csv', 'parquet'] as const;
/** The form of a file or of standard output; what goes into a topic has the relay's. */
export type Format = (typeof FORMATS)[number];

/** Which events are exported, and how. */
export interface Criteria {
  readonly format: Format;
  /** Event types; any if empty. */
  readonly types: readonly string[];
  /** User ids; any if empty. */
  readonly users: readonly string[];
  /** Names of plans; any if empty. */
  readonly plans: readonly string[];
  /** The event's time, in milliseconds since 1970: at or after `since`, before `until`. */
  readonly since?: number;
  readonly until?: number;
  /** At or behind `from`, behind `after`, at or before `to`. */
  readonly from?: Position;
  readonly after?: Position;
  readonly to?: Position;
  readonly withPersonal: boolean;
}
