import { setImmediate as tick } from 'node:timers/promises';
import { END, type Position, START, streamNameFilter } from '@eventstore/db-client';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { events, newStream, useStore } from './event-store.ts';
import { follow } from './follow.ts';

const { client } = useStore();

const append = (stream: string, count: number, type?: string) =>
  client().appendToStream(stream, events(count, type));

describe('A subscription to a stream', () => {
  test('brings what is there, says that it has caught up, and goes on with what comes', async () => {
    const stream = newStream();
    await append(stream, 700);
    const { until, numbers, signals, subscription } = follow(client().subscribeToStream(stream));
    await until(700);
    await eventually('caught up', () => signals.includes('caughtUp'));
    await append(stream, 3);
    await until(703);
    expect(numbers()).toEqual([...Array(700).keys(), 0, 1, 2]);
    expect(signals).toEqual(['confirmation', 'caughtUp']);
    await subscription.unsubscribe();
  });

  test('begins behind a revision', async () => {
    const stream = newStream();
    await append(stream, 5);
    const { until, numbers, subscription } = follow(client().subscribeToStream(stream, { fromRevision: 2n }));
    await until(2);
    expect(numbers()).toEqual([3, 4]);
    await subscription.unsubscribe();
  });

  test('begins at the end, and brings nothing of what was there', async () => {
    const stream = newStream();
    await append(stream, 5);
    const { until, numbers, signals, subscription } = follow(
      client().subscribeToStream(stream, { fromRevision: END }),
    );
    await eventually('confirmed', () => signals.includes('caughtUp'));
    await append(stream, 2);
    await until(2);
    expect(numbers()).toEqual([0, 1]);
    await subscription.unsubscribe();
  });

  test('waits for a stream that is not there yet', async () => {
    const stream = newStream();
    const { until, numbers, signals, subscription } = follow(client().subscribeToStream(stream));
    await eventually('confirmed', () => signals.includes('confirmation'));
    await append(newStream(), 1);
    await append(stream, 2);
    await until(2);
    expect(numbers()).toEqual([0, 1]);
    await subscription.unsubscribe();
  });
});

describe('A subscription to $all', () => {
  test('brings everything from the start, each event once and in order, then what comes', async () => {
    const stream = newStream();
    await append(stream, 100);
    const { seen, signals, subscription } = follow(client().subscribeToAll({ fromPosition: START }));
    const mine = () => seen.filter((event) => event.stream === stream);
    await eventually('caught up', () => signals.includes('caughtUp'));
    await append(stream, 1);
    await eventually('the live one', () => mine().length === 101);
    const commits = seen.map(({ position }) => position.commit);
    expect(commits.every((commit, n) => n === 0 || commit > (commits[n - 1] as bigint))).toBe(true);
    await subscription.unsubscribe();
  });

  test('begins behind a position', async () => {
    const stream = newStream();
    const { position } = await append(stream, 3);
    const { seen, until, subscription } = follow(
      client().subscribeToAll({ fromPosition: position as Position }),
    );
    await append(stream, 2);
    await until(2);
    expect(seen.filter((event) => event.stream === stream).map(({ n }) => n)).toEqual([0, 1]);
    await subscription.unsubscribe();
  });

  test('begins at the end', async () => {
    const stream = newStream();
    await append(stream, 3);
    const { seen, signals, subscription } = follow(client().subscribeToAll({ fromPosition: END }));
    await eventually('confirmed', () => signals.includes('caughtUp'));
    await append(stream, 1);
    await eventually('the new one', () => seen.some((event) => event.stream === stream));
    expect(seen.filter((event) => event.stream === stream)).toHaveLength(1);
    await subscription.unsubscribe();
  });

  test('brings nothing more after it was ended', async () => {
    const stream = newStream();
    const { seen, signals, subscription } = follow(client().subscribeToAll({ fromPosition: END }));
    await eventually('confirmed', () => signals.includes('confirmation'));
    await subscription.unsubscribe();
    await append(stream, 3);
    const other = follow(client().subscribeToStream(stream));
    await other.until(3);
    expect(seen.filter((event) => event.stream === stream)).toEqual([]);
    await other.subscription.unsubscribe();
  });

  test('brings everything to a reader that is slow, in order', async () => {
    const prefix = newStream('slow');
    const filter = streamNameFilter({ prefixes: [prefix] });
    const subscription = client().subscribeToAll({ fromPosition: START, filter });
    for (let n = 0; n < 20; n++) await append(`${prefix}-${n}`, 100);
    const seen: bigint[] = [];
    for await (const { event } of subscription) {
      if (seen.length % 50 === 0) await tick();
      seen.push(event?.position?.commit as bigint);
      if (seen.length === 2_000) break;
    }
    expect(seen).toEqual(seen.toSorted((a, b) => (a < b ? -1 : 1)));
    await subscription.unsubscribe();
  });
});
