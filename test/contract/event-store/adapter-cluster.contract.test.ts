import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { EventStoreUnavailable, OutcomeUnknown } from '../../../shared/event-log/errors.ts';
import type { EventLog, NewEvent } from '../../../shared/event-log/event-log.ts';
import { type StandInCluster, startCluster } from '../../support/cluster/cluster.ts';
import type { StandInNode } from '../../support/cluster/node.ts';
import { collect, newStream, rejection, type StoreUnderTest, startLocalStore } from './event-store.ts';

let store: StoreUnderTest;
let cluster: StandInCluster;
let log: EventLog;

beforeEach(async () => {
  store = await startLocalStore();
  cluster = await startCluster(Number(new URL(store.connectionString).port));
  log = connectEventLog(cluster);
});
afterEach(async () => {
  for (const { network } of cluster.nodes) network.thaw();
  await log.close();
  await cluster[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

const event = (): NewEvent => ({ id: randomUUID(), type: 'TestHappened', data: {}, metadata: {} });
const append = (stream: string, expected: 'no_stream' | number = 'no_stream', deadlineMs = 5_000) =>
  log.append(stream, expected, [event()], { deadlineMs });
const node = (n: number) => cluster.nodes[n] as StandInNode;

describe('A leader that moved, with every connection left open', () => {
  test('reads straight after an acknowledged append see it: a follower that lags is not asked', async () => {
    const stream = newStream();
    const first = await append(stream);
    node(0).behindAt = first.position.commit;
    cluster.leader = node(1);
    await append(stream, 0);
    expect(await collect(log.readStream(stream))).toHaveLength(2);
    expect(await collect(log.readAll({ from: first.position }))).toHaveLength(1);
  });

  test('nor is one by whoever only reads', async () => {
    const stream = newStream();
    const reader = connectEventLog(cluster);
    const first = await append(stream);
    expect(await collect(reader.readStream(stream))).toHaveLength(1);
    node(0).behindAt = first.position.commit;
    cluster.leader = node(1);
    const second = await append(stream, 0);
    expect(await collect(reader.readStream(stream))).toHaveLength(2);
    node(1).behindAt = first.position.commit;
    cluster.leader = node(2);
    expect((await reader.readEventAt(second.position))?.revision).toBe(1);
    await reader.close();
  });

  test('appends that it refuses count as not tried: they go to the new leader, each once', async () => {
    await append(newStream());
    cluster.leader = node(1);
    const streams = Array.from({ length: 50 }, () => newStream());
    const results = await Promise.all(streams.map((stream) => append(stream)));
    expect(results.map(({ revision }) => revision)).toEqual(streams.map(() => 0));
    for (const stream of streams) expect(await collect(log.readStream(stream))).toHaveLength(1);
    expect(node(0).calls.refused).toBeGreaterThan(0);
  });

  test('one that is refused until its deadline is unavailable, not unknown', async () => {
    await append(newStream());
    cluster.hasLeader = false;
    const error = await rejection(append(newStream(), 'no_stream', 800));
    expect(error).toBeInstanceOf(EventStoreUnavailable);
  });
});

describe('A leader that died', () => {
  test('costs no more than the election: reads and appends wait for the next one', async () => {
    await append(newStream());
    await node(0).kill();
    const started = performance.now();
    const elected = delay(1_500).then(() => {
      cluster.leader = node(2);
    });
    const stream = newStream();
    expect(await collect(log.readStream(stream))).toEqual([]);
    await elected;
    await append(stream);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe('A leader that is frozen', () => {
  test('is given up once a call has passed its deadline; the next one goes to the new leader', async () => {
    const stream = newStream();
    await append(stream);
    node(0).network.freeze();
    const started = performance.now();
    const pending = rejection(append(newStream(), 'no_stream', 1_000));
    const read = rejection(log.ping());
    await delay(500);
    cluster.leader = node(1);
    expect(await pending).toBeInstanceOf(OutcomeUnknown);
    await append(stream, 0);
    expect(await collect(log.readStream(stream))).toHaveLength(2);
    // The deadline, and what it takes to find and connect to the other.
    expect(performance.now() - started).toBeLessThan(2_500);
    expect(await read).toBeInstanceOf(EventStoreUnavailable);
  });

  test('is given up by a read that ran out of time', async () => {
    const stream = newStream();
    await append(stream);
    node(0).network.freeze();
    await collect(log.readStream(stream, { signal: AbortSignal.timeout(1_000) }));
    const looked = performance.now();
    setTimeout(() => {
      cluster.leader = node(1);
    }, 1_500);
    expect(await collect(log.readStream(stream))).toHaveLength(1);
    // The nodes went on naming the frozen one, which each new connection found silent for a second.
    expect(performance.now() - looked).toBeLessThan(4_500);
  });
});

describe('A node that starts', () => {
  test('shows no error: what it refuses as not ready is sent again', async () => {
    node(0).starting = true;
    const stream = newStream();
    const appended = append(stream);
    await delay(1_000);
    node(0).starting = false;
    expect(await appended).toMatchObject({ revision: 0 });
    expect(node(0).calls.refused).toBeGreaterThan(1);
    expect(await collect(log.readStream(stream))).toHaveLength(1);
  });

  test('for longer than the deadline: unavailable, since nothing was tried', async () => {
    node(0).starting = true;
    expect(await rejection(append(newStream(), 'no_stream', 800))).toBeInstanceOf(EventStoreUnavailable);
  });
});

describe('Subscriptions', () => {
  test('follow a node of the preferred kind; all else asks the leader', async () => {
    const follower = connectEventLog({
      connectionString: `${cluster.connectionString}&nodePreference=follower`,
    });
    const prefix = newStream('sub');
    await append(`${prefix}-1`);
    const abort = new AbortController();
    for await (const batch of follower.subscribe({
      after: 'start',
      streamPrefixes: [prefix],
      signal: abort.signal,
    })) {
      if (batch.some(({ kind }) => kind === 'event')) abort.abort();
    }
    expect(node(1).calls.reads + node(2).calls.reads).toBe(1);
    await follower.ping();
    expect(node(1).calls.reads + node(2).calls.reads).toBe(1);
    await follower.close();
  });
});
