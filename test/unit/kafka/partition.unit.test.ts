import { describe, expect, test } from 'vitest';
import { Partition, type PartitionBatch } from '../../../shared/adapters/kafka/partition.ts';

type Message = PartitionBatch['records'][number];

/** A partition, and what it asked of the group's member. */
function partition() {
  const asked: string[] = [];
  const made = new Partition(3, {
    from: (offset) => void asked.push(`from ${offset}`),
    pause: () => void asked.push('pause'),
    resume: () => void asked.push('resume'),
  });
  return { asked, made };
}

const batch = (first: number, next: number): PartitionBatch => ({
  records: Array.from({ length: next - first }, (_, i) => ({ offset: String(first + i) }) as Message),
  next: BigInt(next),
});
const push = (made: Partition, first: number, next: number) => made.push(BigInt(first), batch(first, next));
const offsets = ({ value }: IteratorResult<PartitionBatch, void>) =>
  value?.records.map(({ offset }) => Number(offset));
const never = () => new AbortController().signal;

describe('a partition', () => {
  test('is fetched from where it is read, and hands on what follows without a hole', async () => {
    const { asked, made } = partition();
    const reading = made.read(5n, never());
    const first = reading.next();
    expect(asked).toEqual(['from 5', 'resume']);
    push(made, 5, 7);
    expect(offsets(await first)).toEqual([5, 6]);
    // A marker takes an offset and is no record.
    made.push(7n, { records: [], next: 8n });
    push(made, 8, 9);
    expect(offsets(await reading.next())).toEqual([]);
    expect(offsets(await reading.next())).toEqual([8]);
    expect(made.next).toBe(9n);
  });

  test.each([
    ['further on: the client was set back by the broker', 9],
    ['again: the topic is another one', 0],
  ])('delivered %s is an error, behind what came before, and is never handed on', async (_, at) => {
    const { made } = partition();
    const reading = made.read(5n, never());
    const first = reading.next();
    push(made, 5, 6);
    push(made, at, at + 2);
    expect(offsets(await first)).toEqual([5]);
    await expect(reading.next()).rejects.toMatchObject({
      code: 'kafka_unavailable',
      message: expect.stringContaining(`offset ${at} where 6 was due`),
    });
    // It can be read again.
    const again = made.read(6n, never());
    const next = again.next();
    push(made, 6, 7);
    expect(offsets(await next)).toEqual([6]);
  });

  test('pauses when its reader is behind, and resumes when it has taken some', async () => {
    const { asked, made } = partition();
    const reading = made.read(0n, never());
    const first = reading.next();
    push(made, 0, 1);
    await first;
    asked.length = 0;
    push(made, 1, 2);
    expect(asked).toEqual([]);
    push(made, 2, 3);
    expect(asked).toEqual(['pause']);
    await reading.next();
    expect(asked).toEqual(['pause', 'resume']);
  });

  test('ends without error when it is taken away or the reader stops, also while nothing comes', async () => {
    const one = partition();
    const waiting = one.made.read(0n, never()).next();
    one.made.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    const other = partition();
    const stop = new AbortController();
    const idle = other.made.read(0n, stop.signal).next();
    stop.abort();
    expect(await idle).toEqual({ done: true, value: undefined });
    expect(other.asked.at(-1)).toBe('pause');
    // Nobody reads: what still comes is nobody's.
    push(other.made, 0, 1);
    expect(other.made.next).toBeUndefined();
  });

  test('tells its reader that the group was lost', async () => {
    const { made } = partition();
    const waiting = made.read(0n, never()).next();
    made.close(new Error('lost'));
    await expect(waiting).rejects.toThrow('lost');
    await expect(made.read(0n, never()).next()).rejects.toThrow('lost');
  });
});
