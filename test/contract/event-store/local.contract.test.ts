import { randomUUID } from 'node:crypto';
import {
  DeadlineExceededError,
  EventStoreDBClient,
  NO_STREAM,
  persistentSubscriptionToStreamSettingsFromDefaults,
  UnavailableError,
  UnknownError,
} from '@eventstore/db-client';
import grpc from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { LogInUse } from '../../../local/event-store/log/session.ts';
import { startEventStore } from '../../../local/event-store/server.ts';
import { createPool, inTransaction } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/logger.ts';
import { createDatabase } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startPostgres } from '../../support/servers.ts';
import {
  APPEND_CALLS,
  collect,
  event,
  events,
  newStream,
  rejection,
  startLocalStore,
  useStore,
} from './event-store.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('What this store does not have', () => {
  const { client } = useStore(startLocalStore);

  const calls: readonly [string, () => Promise<unknown>][] = [
    ['deleting a stream', () => client().deleteStream(newStream())],
    ['tombstones', () => client().tombstoneStream(newStream())],
    ['projections', () => client().createProjection('p', 'fromAll()')],
    [
      'persistent subscriptions',
      () =>
        client().createPersistentSubscriptionToStream(
          newStream(),
          'group',
          persistentSubscriptionToStreamSettingsFromDefaults(),
        ),
    ],
  ];

  test.each(calls)('%s: unimplemented', async (_, call) => {
    const error = await rejection(call());
    expect(error).toMatchObject({ code: grpc.status.UNIMPLEMENTED });
  });

  test.each(APPEND_CALLS)(
    'stream metadata, by $call: refused, and nothing is written',
    async ({ options }) => {
      const stream = newStream();
      const error = await rejection(client().setStreamMetadata(stream, { maxCount: 1 }, options));
      expect(error).toBeInstanceOf(UnknownError);
      const metadata = await client().getStreamMetadata(stream);
      expect(metadata.metadata).toBeUndefined();
    },
  );
});

describe('A name that PostgreSQL can’t hold', () => {
  const { client } = useStore(startLocalStore);

  test.each(APPEND_CALLS)('is refused by $call, and harms no other append', async ({ options }) => {
    const others = Array.from({ length: 20 }, () => client().appendToStream(newStream(), event()));
    const refused = [
      client().appendToStream(newStream(), event(1, 'a\u0000b'), options),
      client().appendToStream(`${newStream()}\u0000`, event(), options),
      client().appendToStream(newStream('x'.repeat(2_000)), event(), options),
    ];
    for (const error of await Promise.all(refused.map(rejection))) expect(error).toBeInstanceOf(UnknownError);
    await expect(Promise.all(others)).resolves.toHaveLength(20);
  });
});

describe('A restart', () => {
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

describe('While PostgreSQL is away', () => {
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
