import type { RecordedEvent } from '../event-log/event-log.ts';

/** An event's time, in milliseconds since 1970: when it was decided, else the log's. What is malformed decoding finds. */
export function eventTime({ metadata, created }: Pick<RecordedEvent, 'metadata' | 'created'>): number {
  const decided = typeof metadata.decidedAt === 'string' ? Date.parse(metadata.decidedAt) : Number.NaN;
  return Number.isNaN(decided) ? created.getTime() : decided;
}

/**
 * How far beyond an instant the log is read for events that were decided before it: the clocks of command nodes and
 * event store may differ, and an append takes its time. Nodes whose clocks are further apart have other troubles.
 */
export const CLOCK_MARGIN_MS = 3_600_000;
