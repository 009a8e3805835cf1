import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { PositionNotInLog } from '../../../shared/event-log/errors.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import type { Position } from '../../../shared/event-log/position.ts';
import { type StandInNode, startNode } from '../../support/cluster/node.ts';
import { collect, newStream, rejection, type StoreUnderTest, startLocalStore } from './event-store.ts';

let store: StoreUnderTest;
let node: StandInNode;
let log: EventLog;
/** It lies inside a record. */
let inside: Position;

beforeAll(async () => {
  store = await startLocalStore();
  node = await startNode({ storePort: Number(new URL(store.connectionString).port) });
  log = connectEventLog(node);
  const events = [{ id: randomUUID(), type: 'TestHappened', data: {}, metadata: {} }];
  inside = (await log.append(newStream(), 'no_stream', events, { deadlineMs: 5_000 })).position;
  node.recordBegins = (commit) => commit !== inside.commit;
});
afterAll(async () => {
  await log.close();
  await node[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

test('A position inside a record holds no event', async () => {
  expect(await log.readEventAt(inside)).toBeUndefined();
});

test('Reading from one, in either direction, says that the log does not have it', async () => {
  expect(await rejection(collect(log.readAll({ from: inside })))).toBeInstanceOf(PositionNotInLog);
  const backwards = log.readAll({ from: inside, direction: 'backwards' });
  expect(await rejection(collect(backwards))).toBeInstanceOf(PositionNotInLog);
});

test('So does subscribing', async () => {
  const { signal } = new AbortController();
  const feed = log.subscribe({ after: inside, streamPrefixes: ['user-'], signal });
  expect(await rejection(collect(feed))).toBeInstanceOf(PositionNotInLog);
});
