import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterAll, beforeAll } from 'vitest';
import { startEventStore } from '../../../local/event-store/server.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createDatabase } from '../../support/servers/databases.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

export interface StoreUnderTest {
  readonly connectionString: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The local event store, on an empty database of its own. */
export async function startLocalStore(): Promise<StoreUnderTest> {
  const database = await createDatabase();
  const store = await startEventStore({ host: '127.0.0.1', port: 0, databaseUrl: database.url, logger });
  return {
    connectionString: store.connectionString,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/**
 * The store that the suite is run against: the one that `EVENTSTORE_CONNECTION_STRING` names (a real EventStoreDB, which
 * may hold anything: the tests use streams of their own), else the local one.
 */
export async function storeUnderTest(): Promise<StoreUnderTest> {
  const connectionString = process.env.EVENTSTORE_CONNECTION_STRING;
  if (!connectionString) return startLocalStore();
  return { connectionString, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** One store and one client of it for a test file. */
export function useStore(start = storeUnderTest) {
  let store: StoreUnderTest;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    store = await start();
    client = EventStoreDBClient.connectionString(store.connectionString);
  });
  afterAll(async () => {
    await client.dispose();
    await store[Symbol.asyncDispose]();
  });
  return { client: () => client, connectionString: () => store.connectionString };
}

/** A stream that no other test uses. */
export const newStream = (prefix = 'contract'): string => `${prefix}-${randomUUID()}`;

export const event = (n = 0, type = 'TestHappened', id: string = randomUUID()) =>
  jsonEvent({ id, type, data: { n }, metadata: { source: 'contract' } });

export const events = (count: number, type?: string) =>
  Array.from({ length: count }, (_, n) => event(n, type));

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** What a promise was rejected with. @throws Error if it was not */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it was expected to fail');
}

/**
 * The two calls that a client appends with. It takes `BatchAppend` where the server has it, and `Append` if the call
 * has credentials of its own (which an insecure server ignores).
 */
export const APPEND_CALLS = [
  { call: 'BatchAppend', options: {} },
  { call: 'Append', options: { credentials: { username: 'admin', password: 'changeit' } } },
] as const;
