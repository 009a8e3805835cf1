import { persistentSubscriptionToStreamSettingsFromDefaults, UnknownError } from '@eventstore/db-client';
import grpc from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import {
  APPEND_CALLS,
  collect,
  event,
  newStream,
  rejection,
  startLocalStore,
  useStore,
} from '../event-store.ts';

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

  test.each(['readStream', 'readAll'] as const)('resolving links (%s): unimplemented', async (read) => {
    const options = { resolveLinkTos: true };
    const events = read === 'readAll' ? client().readAll(options) : client().readStream(newStream(), options);
    expect(await rejection(collect(events))).toMatchObject({ code: grpc.status.UNIMPLEMENTED });
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
