import { BACKWARDS, END, FORWARDS, type Position, START, StreamNotFoundError } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import grpc from '@grpc/grpc-js';
import { beforeAll, describe, expect, test } from 'vitest';
import { rawCalls } from '../../support/event-store/raw-calls.ts';
import { collect, events, newStream, rejection, useStore } from './event-store.ts';

const { client } = useStore();

describe('Reading a stream', () => {
  const stream = newStream();
  const LENGTH = 1_300;
  beforeAll(async () => {
    for (let at = 0; at < LENGTH; at += 100) {
      await client().appendToStream(stream, events(100), {
        expectedRevision: at === 0 ? 'no_stream' : BigInt(at - 1),
      });
    }
  });

  const revisions = async (options: Parameters<ReturnType<typeof client>['readStream']>[1]) =>
    (await collect(client().readStream(stream, options))).map(({ event }) => Number(event?.revision));
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

  test('forwards, from its start, all of it', async () => {
    expect(await revisions({ direction: FORWARDS, fromRevision: START })).toEqual(range(0, LENGTH));
  });

  test('forwards from a revision, inclusive, up to a number', async () => {
    expect(await revisions({ fromRevision: 7n, maxCount: 5 })).toEqual([7, 8, 9, 10, 11]);
  });

  test('forwards from beyond its end: nothing', async () => {
    expect(await revisions({ fromRevision: BigInt(LENGTH) })).toEqual([]);
  });

  test('backwards from its end', async () => {
    const read = await revisions({ direction: BACKWARDS, fromRevision: END });
    expect(read).toEqual(range(0, LENGTH).toReversed());
  });

  test('backwards from a revision, inclusive, up to a number', async () => {
    expect(await revisions({ direction: BACKWARDS, fromRevision: 3n, maxCount: 2 })).toEqual([3, 2]);
    expect(await revisions({ direction: BACKWARDS, fromRevision: 1n })).toEqual([1, 0]);
  });

  test('the last event alone', async () => {
    expect(await revisions({ direction: BACKWARDS, fromRevision: END, maxCount: 1 })).toEqual([LENGTH - 1]);
  });

  test('events carry their position, which rises with the revision', async () => {
    const read = await collect(client().readStream(stream, { maxCount: 50 }));
    const commits = read.map(({ event }) => event?.position?.commit as bigint);
    expect(commits).toEqual(commits.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(new Set(commits).size).toBe(50);
  });

  test.each([FORWARDS, BACKWARDS] as const)(
    'that is not there, %s: an error of its own',
    async (direction) => {
      const missing = newStream();
      const fromRevision = direction === FORWARDS ? START : END;
      const error = await rejection(collect(client().readStream(missing, { direction, fromRevision })));
      expect(error).toBeInstanceOf(StreamNotFoundError);
      expect(error).toMatchObject({ streamName: missing });
    },
  );

  test('stops when the reader cancels', async () => {
    const read = client().readStream(stream);
    for await (const { event } of read) if (event?.revision === 20n) break;
    await read.cancel();
    expect(await revisions({ maxCount: 1 })).toEqual([0]);
  });
});

function filteredRead(direction: 0 | 1, commit: bigint, stream: string): ReadReq {
  const { Options } = messages.ReadReq;
  const position = new Options.Position()
    .setCommitPosition(String(commit))
    .setPreparePosition(String(commit));
  const filter = new Options.FilterOptions()
    .setStreamIdentifier(new Options.FilterOptions.Expression().setPrefixList([stream]))
    .setMax(32)
    .setCheckpointintervalmultiplier(1);
  const options = new Options()
    .setReadDirection(direction)
    .setAll(new Options.AllOptions().setPosition(position))
    .setFilter(filter)
    .setCount('1000')
    .setUuidOption(new Options.UUIDOption().setString(new shared.Empty()));
  return new messages.ReadReq().setOptions(options);
}

describe('Reading $all', () => {
  const streams = [newStream(), newStream()];
  const appended: Position[] = [];
  beforeAll(async () => {
    for (let n = 0; n < 30; n++) {
      const { position } = await client().appendToStream(streams[n % 2] as string, events(1));
      appended.push(position as Position);
    }
  });

  const mine = async (options: Parameters<ReturnType<typeof client>['readAll']>[0]) =>
    (await collect(client().readAll(options)))
      .filter(({ event }) => streams.includes(event?.streamId as string))
      .map(({ event }) => event?.position as Position);

  test('forwards: every event once, in the order of the appends, over all streams', async () => {
    expect(await mine({ direction: FORWARDS, fromPosition: START })).toEqual(appended);
  });

  test('forwards from a position: inclusive', async () => {
    expect(await mine({ fromPosition: appended[10] as Position })).toEqual(appended.slice(10));
  });

  test('forwards, up to a number', async () => {
    const read = await collect(client().readAll({ fromPosition: appended[3] as Position, maxCount: 1 }));
    expect(read.map(({ event }) => event?.position)).toEqual([appended[3]]);
  });

  test('backwards from its end', async () => {
    expect(await mine({ direction: BACKWARDS, fromPosition: END })).toEqual(appended.toReversed());
  });

  test('backwards from a position: exclusive', async () => {
    const read = await mine({ direction: BACKWARDS, fromPosition: appended[10] as Position });
    expect(read).toEqual(appended.slice(0, 10).toReversed());
  });

  test('forwards from its end, and backwards from its start: nothing', async () => {
    expect(await collect(client().readAll({ direction: FORWARDS, fromPosition: END }))).toEqual([]);
    expect(await collect(client().readAll({ direction: BACKWARDS, fromPosition: START }))).toEqual([]);
  });

  test('from beyond its end: forwards nothing, backwards an error', async () => {
    const commit = (appended.at(-1) as Position).commit + 1_000_000_000n;
    const fromPosition = { commit, prepare: commit };
    expect(await collect(client().readAll({ fromPosition }))).toEqual([]);
    const backwards = client().readAll({ direction: BACKWARDS, fromPosition });
    expect(await rejection(collect(backwards))).toMatchObject({
      message: expect.stringContaining('Unexpected ReadAllResult: InvalidPosition'),
    });
  });

  test('with a filter, which the client can’t: what it lets through, backwards from beyond the end an error', async () => {
    const read = async (direction: 0 | 1, commit: bigint) => {
      const request = filteredRead(direction, commit, streams[0] as string);
      return collect((await rawCalls(client())).read(request));
    };
    const found = await read(0, appended[4]?.commit as bigint);
    expect(found.map((response) => BigInt(response.getEvent()?.getCommitPosition() ?? 0))).toEqual(
      appended.filter((_, n) => n % 2 === 0 && n >= 4).map(({ commit }) => commit),
    );
    const beyond = (appended.at(-1) as Position).commit + 1_000_000_000n;
    expect(await read(0, beyond)).toEqual([]);
    expect(await rejection(read(1, beyond))).toMatchObject({
      code: grpc.status.UNKNOWN,
      details: 'Unexpected FilteredReadAllResult: InvalidPosition',
    });
  });

  test('says each event’s commit position beside it', async () => {
    const read = await collect(client().readAll({ fromPosition: appended[0] as Position, maxCount: 1 }));
    expect(read[0]).toMatchObject({ commitPosition: appended[0]?.commit });
  });

  test('positions rise strictly while many append at once', async () => {
    const before = appended.at(-1) as Position;
    await Promise.all(
      Array.from({ length: 100 }, () => client().appendToStream(newStream('crowd'), events(3))),
    );
    const read = await collect(client().readAll({ fromPosition: before }));
    const commits = read.map(({ event }) => event?.position?.commit as bigint);
    expect(commits.every((commit, n) => n === 0 || commit > (commits[n - 1] as bigint))).toBe(true);
    expect(read.filter(({ event }) => event?.streamId.startsWith('crowd-'))).toHaveLength(300);
  });
});
