import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePorts } from '../../../local/ports.ts';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { EventStoreUnavailable, OutcomeUnknown } from '../../../shared/event-log/errors.ts';
import type { EventLog, NewEvent } from '../../../shared/event-log/event-log.ts';
import type { Position } from '../../../shared/event-log/position.ts';
import { eventually } from '../../support/eventually.ts';
import { startTcpProxy, type TcpProxy } from '../../support/servers/tcp-proxy.ts';
import { collect, newStream, rejection, type StoreUnderTest, storeUnderTest } from './event-store.ts';

let store: StoreUnderTest;
let proxy: TcpProxy;
let log: EventLog;
/** Not through the proxy: sees what the store really has. */
let direct: EventLog;

beforeAll(async () => {
  store = await storeUnderTest();
  direct = connectEventLog({ connectionString: store.connectionString });
});
afterAll(async () => {
  await direct.close();
  await store[Symbol.asyncDispose]();
});
beforeEach(async () => {
  // One node, which is found by its address: what a cluster's members say of each other leads past the proxy.
  const url = new URL(store.connectionString);
  proxy = await startTcpProxy(Number(url.port), { targetHost: url.hostname });
  url.host = `127.0.0.1:${proxy.port}`;
  url.searchParams.set('keepAliveTimeout', '1000');
  log = connectEventLog({ connectionString: url.href });
});
afterEach(async () => {
  proxy.thaw();
  await log.close();
  await proxy[Symbol.asyncDispose]();
});

const event = (text = ''): NewEvent => ({
  id: randomUUID(),
  type: 'TestHappened',
  data: { text },
  metadata: {},
});
const append = (stream = newStream(), deadlineMs = 5_000) =>
  log.append(stream, 'no_stream', [event()], { deadlineMs });
const exists = async (stream: string) => (await collect(direct.readStream(stream))).length > 0;

describe('Appends over a failing connection', () => {
  test('in flight when it breaks: the outcome is unknown; the next ones connect again', async () => {
    await append();
    const streams = Array.from({ length: 50 }, () => newStream());
    proxy.holdAnswers();
    const appends = streams.map((stream) => rejection(append(stream)));
    await eventually('the store has them all', async () => {
      for (const stream of streams) if (!(await exists(stream))) return false;
      return true;
    });
    proxy.cut();
    for (const error of await Promise.all(appends)) expect(error).toBeInstanceOf(OutcomeUnknown);
    proxy.thaw();
    await expect(eventually('a new connection', () => append())).resolves.toMatchObject({ revision: 0 });
  });

  test('without an answer before the deadline: unknown, in time; a later answer harms nobody', async () => {
    await append();
    proxy.freeze();
    const stream = newStream();
    const started = Date.now();
    expect(await rejection(append(stream, 300))).toBeInstanceOf(OutcomeUnknown);
    expect(Date.now() - started).toBeLessThan(1_500);
    proxy.thaw();
    await expect(append()).resolves.toMatchObject({ revision: 0 });
  });

  test('to nobody: unavailable, since nothing was sent', async () => {
    const [port] = await freePorts(1);
    const nowhere = connectEventLog({ connectionString: `esdb://127.0.0.1:${port}?tls=false` });
    const attempt = () => nowhere.append(newStream(), 'no_stream', [event()], { deadlineMs: 2_000 });
    expect(await rejection(attempt())).toBeInstanceOf(EventStoreUnavailable);
    for (const error of await Promise.all([rejection(attempt()), rejection(attempt())])) {
      expect(error).toBeInstanceOf(EventStoreUnavailable);
    }
    expect(await rejection(nowhere.ping())).toBeInstanceOf(EventStoreUnavailable);
    expect(await rejection(collect(nowhere.readStream(newStream())))).toBeInstanceOf(EventStoreUnavailable);
    await nowhere.close();
  });

  test('that can’t be opened before the deadline: unavailable', async () => {
    proxy.freeze();
    const started = Date.now();
    expect(await rejection(append(newStream(), 300))).toBeInstanceOf(EventStoreUnavailable);
    expect(Date.now() - started).toBeLessThan(1_500);
  });
});

describe('Reads over a failing connection', () => {
  test('ping does not wait for a silent store', async () => {
    await log.ping();
    proxy.freeze();
    expect(await rejection(log.ping())).toBeInstanceOf(EventStoreUnavailable);
  });
});

describe('Subscriptions over a failing connection', () => {
  const subscribe = (
    prefix: string,
    after: Position | 'start' = 'start',
    signal = new AbortController().signal,
  ) => log.subscribe({ after, streamPrefixes: [prefix], signal });

  test('end as unavailable when it breaks; one from the last position misses nothing and repeats nothing', async () => {
    const prefix = newStream('sub');
    for (let n = 0; n < 10; n++) {
      await direct.append(`${prefix}-${n}`, 'no_stream', [event(), event()], { deadlineMs: 5_000 });
    }
    const seen: Position[] = [];
    const follow = async (signal: AbortSignal, onBatch: () => void) => {
      for await (const batch of subscribe(prefix, seen.at(-1) ?? 'start', signal)) {
        for (const message of batch) if (message.kind === 'event') seen.push(message.event.position);
        onBatch();
      }
    };
    const cutOnce = follow(new AbortController().signal, () => proxy.cut());
    expect(await rejection(cutOnce)).toBeInstanceOf(EventStoreUnavailable);
    for (let n = 10; n < 20; n++) {
      await direct.append(`${prefix}-${n}`, 'no_stream', [event(), event()], { deadlineMs: 5_000 });
    }
    const abort = new AbortController();
    await eventually('the rest', async () => {
      await follow(abort.signal, () => seen.length >= 40 && abort.abort());
      return true;
    });
    expect(seen).toHaveLength(40);
    expect(new Set(seen.map(({ commit }) => commit)).size).toBe(40);
  });

  test('notice that the store has fallen silent', async () => {
    const stream = newStream('silent');
    await direct.append(stream, 'no_stream', [event()], { deadlineMs: 5_000 });
    const listening = (async () => {
      for await (const _ of subscribe(stream)) proxy.freeze();
    })();
    expect(await rejection(listening)).toBeInstanceOf(EventStoreUnavailable);
  }, 25_000);

  test('end at once when the signal aborts, also while the store is silent', async () => {
    const abort = new AbortController();
    const stream = newStream('abort');
    await direct.append(stream, 'no_stream', [event()], { deadlineMs: 5_000 });
    const feed = subscribe(stream, 'start', abort.signal)[Symbol.asyncIterator]();
    await feed.next();
    proxy.freeze();
    // A checkpoint that arrived behind the event may come yet.
    const rest = collect({ [Symbol.asyncIterator]: () => feed });
    abort.abort();
    expect((await rest).length).toBeLessThanOrEqual(1);
  });

  test('take in no more than they have room for while the reader does not read', async () => {
    const prefix = newStream('full');
    const text = 'x'.repeat(10_000);
    for (let n = 0; n < 60; n++) {
      const events = Array.from({ length: 50 }, () => event(text));
      await direct.append(`${prefix}-${n}`, 'no_stream', events, { deadlineMs: 5_000 });
    }
    const feed = subscribe(prefix)[Symbol.asyncIterator]();
    await feed.next();
    let before = -1;
    await eventually('no more comes', async () => {
      const still = proxy.received() === before;
      before = proxy.received();
      await delay(200);
      return still;
    });
    expect(proxy.received()).toBeLessThan(12_000_000);
    await feed.return?.();
  });
});
