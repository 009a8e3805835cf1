import { eventTypeFilter, type Filter, type Position, START, streamNameFilter } from '@eventstore/db-client';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { events, newStream, useStore } from './event-store.ts';
import { follow } from './follow.ts';

const { client } = useStore();

const append = (stream: string, count: number, type?: string) =>
  client().appendToStream(stream, events(count, type));

describe('A filtered subscription', () => {
  const scenario = async (filter: (prefix: string) => Filter, expected: readonly string[]) => {
    const prefix = newStream('filter').replaceAll('-', '');
    const names = { one: `${prefix}one-1`, two: `${prefix}two-1`, other: `other${prefix}` };
    const { seen, signals, subscription } = follow(
      client().subscribeToAll({ fromPosition: START, filter: filter(prefix) }),
    );
    for (const when of ['catching up', 'live']) {
      await append(names.one, 1, `${prefix}One`);
      await append(names.two, 1, `${prefix}Two`);
      await append(names.other, 1, `Other${prefix}`);
      if (when === 'catching up') await eventually('caught up', () => signals.includes('caughtUp'));
    }
    // The last append is one that every filter lets through, so whatever was to come has come.
    await append(names.one, 1, `${prefix}One`);
    await eventually('the last one', () => seen.filter(({ stream }) => stream === names.one).length === 3);
    const streams = Object.entries(names).filter(([, name]) => seen.some(({ stream }) => stream === name));
    expect(streams.map(([name]) => name)).toEqual(expected);
    expect(seen.every(({ stream }) => Object.values(names).includes(stream))).toBe(true);
    await subscription.unsubscribe();
  };

  test('by the beginning of stream names', () =>
    scenario((prefix) => streamNameFilter({ prefixes: [prefix] }), ['one', 'two']));
  test('by several beginnings of stream names', () =>
    scenario(
      (prefix) => streamNameFilter({ prefixes: [`${prefix}one`, `other${prefix}`] }),
      ['one', 'other'],
    ));
  test('by a regular expression on stream names', () =>
    scenario((prefix) => streamNameFilter({ regex: `^${prefix}(one|none)-` }), ['one']));
  test('by the beginning of event types', () =>
    scenario((prefix) => eventTypeFilter({ prefixes: [`${prefix}O`] }), ['one']));
  test('by a regular expression on event types', () =>
    scenario((prefix) => eventTypeFilter({ regex: `${prefix}(One)?$` }), ['one', 'other']));
});

describe('Checkpoints', () => {
  test('tell how far the filter has looked, also where it lets nothing through', async () => {
    const prefix = newStream('none');
    const checkpoints: Position[] = [];
    const start = (await append(newStream(), 1)).position as Position;
    const subscription = client().subscribeToAll({
      fromPosition: start,
      filter: streamNameFilter({
        prefixes: [prefix],
        checkpointInterval: 1,
        maxSearchWindow: 10,
        checkpointReached: (_, position) => void checkpoints.push(position),
      }),
    });
    const { seen } = follow(subscription);
    for (let n = 0; n < 5; n++) await append(newStream(), 10);
    const last = (await append(newStream(), 10)).position as Position;
    await eventually('a checkpoint near the end', () => (checkpoints.at(-1)?.commit ?? 0n) > start.commit);
    await eventually('enough checkpoints', () => checkpoints.length >= 5);
    const commits = checkpoints.map(({ commit }) => commit);
    expect(commits).toEqual(commits.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(commits.every((commit) => commit >= start.commit && commit <= last.commit)).toBe(true);
    expect(seen).toEqual([]);
    await subscription.unsubscribe();
  });

  test('come once for a position, also where the interval ends at the end of the log', async () => {
    const checkpoints: bigint[] = [];
    const fromPosition = (await append(newStream(), 1)).position as Position;
    const end = (await append(newStream(), 20)).position as Position;
    const { signals, subscription } = follow(
      client().subscribeToAll({
        fromPosition,
        filter: streamNameFilter({
          prefixes: [newStream('none')],
          checkpointInterval: 1,
          maxSearchWindow: 10,
          checkpointReached: (_, { commit }) => void checkpoints.push(commit),
        }),
      }),
    );
    await eventually('caught up', () => signals.includes('caughtUp'));
    await append(newStream(), 20);
    await eventually('a live one', () => checkpoints.some((commit) => commit > end.commit));
    expect(checkpoints.every((commit, n) => n === 0 || commit > (checkpoints[n - 1] as bigint))).toBe(true);
    await subscription.unsubscribe();
  });

  test('a subscription from a checkpoint brings what was appended behind it', async () => {
    const prefix = newStream('from');
    await append(`${prefix}-1`, 40);
    const checkpoint = await new Promise<Position>((resolve) => {
      const subscription = client().subscribeToAll({
        fromPosition: START,
        filter: streamNameFilter({
          prefixes: [prefix],
          checkpointReached: (source, position) => {
            resolve(position);
            return source.unsubscribe();
          },
        }),
      });
      subscription.resume();
    });
    await append(`${prefix}-2`, 3);
    const { until, seen, subscription } = follow(
      client().subscribeToAll({ fromPosition: checkpoint, filter: streamNameFilter({ prefixes: [prefix] }) }),
    );
    await until(3);
    const later = seen.filter(({ stream }) => stream === `${prefix}-2`);
    await eventually(
      'the new ones',
      () => seen.filter(({ stream }) => stream === `${prefix}-2`).length === 3,
    );
    expect(later.every(({ position }) => position.commit > checkpoint.commit)).toBe(true);
    await subscription.unsubscribe();
  });
});
