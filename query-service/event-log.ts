import type {
  EventLog,
  ReadStreamOptions,
  RecordedEvent,
} from '../shared/adapters/eventstoredb/event-log.ts';

export interface LazyEventLog extends Pick<EventLog, 'readStream'> {
  close(): Promise<void>;
}

/**
 * An event log that is connected to with the first read. Its driver is loaded only then: a node that is asked for no
 * history does not pay for it with memory that licenses could have, and one that never reads has nothing to close.
 */
export function lazyEventLog(connectionString: string): LazyEventLog {
  let log: Promise<EventLog> | undefined;
  const connect = async () => {
    const { connectEventLog } = await import('../shared/adapters/eventstoredb/client.ts');
    return connectEventLog({ connectionString });
  };
  return {
    async *readStream(stream: string, options?: ReadStreamOptions): AsyncGenerator<RecordedEvent, void> {
      log ??= connect();
      yield* (await log).readStream(stream, options);
    },
    async close() {
      await (await log)?.close();
    },
  };
}
