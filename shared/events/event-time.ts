import type { RecordedEvent } from '../event-log/event-log.ts';

/** An event's time, in milliseconds since 1970: when it was decided, else the log's. What is malformed decoding finds. */
export function eventTime({ metadata, created }: Pick<RecordedEvent, 'metadata' | 'created'>): number {
  const decided = typeof metadata.decidedAt === 'string' ? Date.parse(metadata.decidedAt) : Number.NaN;
  return Number.isNaN(decided) ? created.getTime() : decided;
}
