import type { EventLog, ReadStreamOptions, RecordedEvent } from '../shared/event-log/event-log.ts';

export interface ReadableLog extends Pick<EventLog, 'readStream'> {
  close(): Promise<void>;
}

/**
 * An event log that is connected to with the first read: a node that is asked for no history has no connection, and
 * nothing to close while the log can't be reached. Its driver is loaded now, and not with the first history: loading holds the
 * process for longer than a validation may take. A node without the setting does not load it at all (10 MB).
 */
export async function openEventLog(connectionString: string): Promise<ReadableLog> {
  const { connectEventLog } = await import('../shared/adapters/eventstoredb/client.ts');
  let log: EventLog | undefined;
  return {
    readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent> {
      log ??= connectEventLog({ connectionString });
      return log.readStream(stream, options);
    },
    async close() {
      await log?.close();
    },
  };
}
