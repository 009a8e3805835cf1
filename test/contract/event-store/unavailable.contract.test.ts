import { EventStoreDBClient, NO_STREAM, UnavailableError } from '@eventstore/db-client';
import grpc from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { freePorts } from '../../../local/ports.ts';
import { APPEND_CALLS, collect, event, newStream, rejection } from './event-store.ts';

const nowhere = async () => {
  const [port] = await freePorts(1);
  return EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
};

/** What the client makes of a server that is not there: the error that the local store's own outages raise, too. */
describe('Where no server listens', () => {
  test.each(APPEND_CALLS)('$call is unavailable', async ({ options }) => {
    const append = (await nowhere()).appendToStream(newStream(), event(), {
      expectedRevision: NO_STREAM,
      ...options,
    });
    // Before a batch append the client asks what the server can, and lets that call's error through as it is.
    expect(await rejection(append)).toMatchObject({ code: grpc.status.UNAVAILABLE });
  });

  test('reads are unavailable', async () => {
    const client = await nowhere();
    expect(await rejection(collect(client.readStream(newStream())))).toBeInstanceOf(UnavailableError);
    expect(await rejection(collect(client.readAll()))).toBeInstanceOf(UnavailableError);
    expect(await rejection(collect(client.subscribeToAll()))).toBeInstanceOf(UnavailableError);
  });
});
