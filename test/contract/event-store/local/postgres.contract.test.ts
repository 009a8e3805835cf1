import { randomUUID } from 'node:crypto';
import {
  DeadlineExceededError,
  EventStoreDBClient,
  NO_STREAM,
  UnavailableError,
} from '@eventstore/db-client';
import { describe, expect, test } from 'vitest';
import { startEventStore } from '../../../../local/event-store/server.ts';
import { freePorts } from '../../../../local/ports.ts';
import { createPool, inTransaction } from '../../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../../shared/process/logger.ts';
import { eventually } from '../../../support/eventually.ts';
import { createDatabase } from '../../../support/servers/databases.ts';
import { startPostgres } from '../../../support/servers/servers.ts';
import { APPEND_CALLS, collect, event, events, newStream, rejection } from '../event-store.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('An append that PostgreSQL does not commit', () => {
  test('is neither acknowledged nor shown to anybody until it does', async () => {
    await using database = await createDatabase();
    const store = await startEventStore({ host: '127.0.0.1', port: 0, databaseUrl: database.url, logger });
    const client = EventStoreDBClient.connectionString(store.connectionString);
    const seen: unknown[] = [];
    const subscription = client.subscribeToAll();
    subscription.on('data', ({ event: read }) => seen.push(read?.data));
    const pool = createPool({ connectionString: database.url, applicationName: 'test', max: 1, logger });
    await inTransaction(pool, async (connection) => {
      await connection.query('LOCK TABLE event_store.events IN EXCLUSIVE MODE');
      const append = client.appendToStream(newStream(), event(1), { deadline: 300 });
      expect(await rejection(append)).toBeInstanceOf(DeadlineExceededError);
      expect(await collect(client.readAll())).toEqual([]);
      expect(seen).toEqual([]);
    });
    // Its outcome was unknown: it was on its way, and so it is there after all, once.
    await eventually('the event', () => seen.length > 0);
    await client.appendToStream(newStream(), event(2));
    expect((await collect(client.readAll())).map(({ event: read }) => read?.data)).toEqual([
      { n: 1 },
      { n: 2 },
    ]);
    await pool.end();
    await subscription.unsubscribe();
    await client.dispose();
    await store.close();
  });
});

describe('While PostgreSQL is unreachable', () => {
  test('the store starts, is unavailable, and serves once PostgreSQL has come', async () => {
    await using postgres = await startPostgres();
    const options = { host: '127.0.0.1', port: 0, databaseUrl: postgres.url, logger };
    const before = await startEventStore(options);
    const first = EventStoreDBClient.connectionString(before.connectionString);
    await first.appendToStream(newStream(), events(3));
    await first.dispose();
    await before.close();
    await postgres.stop();

    const store = await startEventStore(options);
    const client = EventStoreDBClient.connectionString(store.connectionString);
    const calls = [
      ...APPEND_CALLS.map(
        ({ options }) =>
          () =>
            client.appendToStream(newStream(), event(), options),
      ),
      // Not an empty log: how far it goes is not known yet.
      () => collect(client.readAll()),
      () => collect(client.readStream(newStream())),
      () => collect(client.subscribeToAll()),
    ];
    for (const call of calls) {
      expect(await rejection(call())).toMatchObject({
        message: expect.stringMatching(/Server Is Not Ready/),
      });
    }
    await postgres.start();
    await eventually('the log is served', async () => (await collect(client.readAll())).length === 3);
    const next = await client.appendToStream(newStream(), event(), { expectedRevision: NO_STREAM });
    expect(next.position?.commit).toBe(4n);
    await client.dispose();
    await store.close();
  });

  test('a store that starts is stopped at once', async () => {
    const [port] = (await freePorts(1)) as [number];
    const databaseUrl = `postgres://postgres@127.0.0.1:${port}/nowhere`;
    const store = await startEventStore({ host: '127.0.0.1', port: 0, databaseUrl, logger });
    await store.close();
  });

  test('calls are unavailable; then everything goes on, without a gap', async () => {
    await using postgres = await startPostgres();
    const store = await startEventStore({ host: '127.0.0.1', port: 0, databaseUrl: postgres.url, logger });
    const connect = () => EventStoreDBClient.connectionString(store.connectionString);
    const [client, live] = [connect(), connect()];
    const seen: bigint[] = [];
    const subscription = live.subscribeToAll();
    subscription.on('data', ({ event: read }) => seen.push(read?.position?.commit as bigint));
    await client.appendToStream(newStream(), events(2));
    await eventually('the first events', () => seen.length === 2);

    await postgres.kill();
    await eventually('appends are unavailable', async () => {
      const append = client.appendToStream(newStream(), event(), {
        ...APPEND_CALLS[1].options,
        deadline: 500,
      });
      return (await rejection(append)) instanceof UnavailableError;
    });
    const read = await rejection(collect(client.readStream(newStream())));
    expect(read).toBeInstanceOf(UnavailableError);

    await postgres.start();
    const id = randomUUID();
    const stream = newStream();
    const answer = await eventually('appends are served again', () =>
      client.appendToStream(stream, event(7, 'Back', id), { expectedRevision: NO_STREAM }),
    );
    await eventually('the subscription goes on', () => seen.at(-1) === answer.position?.commit);
    expect(seen).toEqual(seen.map((_, n) => BigInt(n + 1)));
    await Promise.all([subscription.unsubscribe(), client.dispose(), live.dispose()]);
    await store.close();
  });
});
