import {
  BACKWARDS,
  END,
  EventStoreDBClient,
  jsonEvent,
  NO_STREAM,
  UnavailableError,
} from '@eventstore/db-client';
import { describe, expect, test } from 'vitest';
import { LogInUse } from '../../../../local/event-store/log/session.ts';
import { startEventStore } from '../../../../local/event-store/server.ts';
import { createLogger } from '../../../../shared/process/logger.ts';
import { eventually } from '../../../support/eventually.ts';
import { createDatabase } from '../../../support/servers/databases.ts';
import { collect, event, events, newStream, rejection, startLocalStore } from '../event-store.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('A stop', () => {
  test('keeps everything, and still knows repeated appends by their ids', async () => {
    await using database = await createDatabase();
    const options = { host: '127.0.0.1', port: 0, databaseUrl: database.url, logger };
    const stream = newStream();
    const proposed = events(3);
    const first = await startEventStore(options);
    const before = EventStoreDBClient.connectionString(first.connectionString);
    const answer = await before.appendToStream(stream, proposed, { expectedRevision: NO_STREAM });
    await before.dispose();
    await first.close();

    const second = await startEventStore(options);
    const after = EventStoreDBClient.connectionString(second.connectionString);
    expect(await after.appendToStream(stream, proposed, { expectedRevision: NO_STREAM })).toEqual(answer);
    const next = await after.appendToStream(stream, event(), { expectedRevision: 2n });
    expect(next.position?.commit).toBe((answer.position?.commit as bigint) + 1n);
    expect(await collect(after.readStream(stream))).toHaveLength(4);
    await after.dispose();
    await second.close();
  });

  describe.each([
    { read: 'a stream', open: (client: EventStoreDBClient, stream: string) => client.readStream(stream) },
    {
      read: 'a stream backwards',
      open: (client: EventStoreDBClient, stream: string) =>
        client.readStream(stream, { direction: BACKWARDS, fromRevision: END }),
    },
    { read: '$all', open: (client: EventStoreDBClient) => client.readAll() },
    {
      read: '$all backwards',
      open: (client: EventStoreDBClient) => client.readAll({ direction: BACKWARDS, fromPosition: END }),
    },
  ])('in the middle of a read of $read', ({ open }) => {
    test('ends it as unavailable: what was cut off does not look whole', async () => {
      const store = await startLocalStore();
      const client = EventStoreDBClient.connectionString(store.connectionString);
      const [stream, count] = [newStream(), 4_000];
      for (let n = 0; n < count; n += 400) {
        const large = Array.from({ length: 400 }, () => jsonEvent({ type: 'T', data: 'x'.repeat(2_000) }));
        await client.appendToStream(stream, large);
      }
      let seen = 0;
      let stopping: Promise<void> | undefined;
      const reading = (async () => {
        for await (const _ of open(client, stream)) {
          seen++;
          stopping ??= store[Symbol.asyncDispose]();
        }
      })();
      const error = await rejection(reading);
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error).toMatchObject({ message: expect.stringContaining('Server Is Not Ready') });
      expect(seen).toBeLessThan(count);
      await stopping;
      await client.dispose();
    });
  });

  test('ends open subscriptions as unavailable, after what they were owed', async () => {
    const store = await startLocalStore();
    const client = EventStoreDBClient.connectionString(store.connectionString);
    const subscription = client.subscribeToAll();
    const seen: unknown[] = [];
    const failed = new Promise((resolve) => subscription.once('error', resolve));
    subscription.on('data', (item) => seen.push(item));
    await client.appendToStream(newStream(), events(10));
    await eventually('the events', () => seen.length === 10);
    await store[Symbol.asyncDispose]();
    expect(await failed).toBeInstanceOf(UnavailableError);
    await client.dispose();
  });
});

describe('Two servers on one log', () => {
  test('the second does not start', async () => {
    await using database = await createDatabase();
    const options = { host: '127.0.0.1', port: 0, databaseUrl: database.url, logger };
    const first = await startEventStore(options);
    expect(await rejection(startEventStore(options))).toBeInstanceOf(LogInUse);
    await first.close();
    const next = await startEventStore(options);
    await next.close();
  });
});
