/** Which events are exported, and how: as JSON, because an interrupted export goes on only under the same. */
export interface Criteria {
  readonly format: 'ndjson' | 'csv' | 'parquet' | 'kafka';
  /** Event types; any if empty. */
  readonly types: readonly string[];
  /** User ids; any if empty. */
  readonly users: readonly string[];
  /** Names of plans; any if empty. */
  readonly plans: readonly string[];
  /** The event's time, in milliseconds since 1970: at or after `since`, before `until`. */
  readonly since?: number;
  readonly until?: number;
  /** Positions as text: at or behind `from`, behind `after`, at or before `to`. */
  readonly from?: string;
  readonly after?: string;
  readonly to?: string;
  readonly withPersonal: boolean;
  /** The topic, for the format `kafka`. */
  readonly topic?: string;
}

/** The names of what differs between two exports' criteria. */
export function differences(a: Criteria, b: Criteria): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Criteria>;
  return [...names].filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name])).sort();
}
