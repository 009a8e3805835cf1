import { describe, expect, test } from 'vitest';
import { AppendQueue } from '../../../local/event-store/log/queue.ts';
import type { AppendRequest, ProposedEvent } from '../../../local/event-store/log/stored-event.ts';

const proposed = (bytes = 10): ProposedEvent => ({
  id: '',
  type: 't',
  isJson: true,
  data: new Uint8Array(bytes),
  metadata: new Uint8Array(),
});
const request = (stream: string, events = [proposed()], deadlineMs = 60_000): AppendRequest => ({
  stream,
  expected: 'any',
  events,
  deadline: Date.now() + deadlineMs,
});
const streams = (queue: AppendQueue) => queue.take().map((entry) => entry.request.stream);

const openQueue = () => {
  const queue = new AppendQueue();
  queue.open();
  return queue;
};

describe('The queue of appends', () => {
  test('is taken from in the order of arrival, all at once', () => {
    const queue = openQueue();
    for (const stream of ['a', 'b', 'c']) void queue.add(request(stream));
    expect(streams(queue)).toEqual(['a', 'b', 'c']);
    expect(streams(queue)).toEqual([]);
  });

  test('gives groups of bounded size, and none is lost between them', () => {
    const queue = openQueue();
    const large = () => [proposed(3 * 1024 * 1024)];
    for (const stream of ['a', 'b', 'c', 'd']) void queue.add(request(stream, large()));
    expect([streams(queue), streams(queue), streams(queue)]).toEqual([['a', 'b'], ['c', 'd'], []]);
  });

  test('answers a time-out at the deadline, and never gives that append to the writer', async () => {
    const queue = openQueue();
    const outcome = await queue.add(request('late', [proposed()], 5));
    expect(outcome).toEqual({ kind: 'timeout' });
    expect(streams(queue)).toEqual([]);
    expect(await queue.add(request('past', [proposed()], -1))).toEqual({ kind: 'timeout' });
  });

  test('says that there is no writer, to those who wait and to those who come', async () => {
    const queue = openQueue();
    const waiting = queue.add(request('a'));
    queue.refuse();
    expect(await waiting).toEqual({ kind: 'not_ready' });
    expect(await queue.add(request('b'))).toEqual({ kind: 'not_ready' });
  });

  test('says that it is busy rather than to grow without end', async () => {
    const queue = openQueue();
    const huge = [proposed(100 * 1024 * 1024)];
    void queue.add(request('a', huge));
    void queue.add(request('b', huge));
    expect(await queue.add(request('c', huge))).toEqual({ kind: 'too_busy' });
    queue.take();
    void queue.add(request('d', huge));
    queue.take();
    expect(streams(queue)).toEqual(['d']);
    queue.refuse();
  });
});
