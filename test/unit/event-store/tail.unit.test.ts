import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredEvent } from '../../../local/event-store/log/stored-event.ts';
import { Tail } from '../../../local/event-store/log/tail.ts';

const stored = (position: number): StoredEvent => ({
  position,
  stream: 's',
  revision: position,
  id: '',
  type: 't',
  isJson: true,
  created: 0,
  data: new Uint8Array(),
  metadata: new Uint8Array(),
});

const tailOf = (maxBytes: number, next = 1) =>
  new Tail({
    next,
    maxBytes,
    encode: ({ position, stream, type }) => ({ position, stream, type, message: Buffer.alloc(100) }),
  });

describe('The tail of the log', () => {
  test('holds an unbroken run up to the last event, within its bytes, whatever it was given', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }), (groups) => {
        const tail = tailOf(1_000);
        let last = 0;
        for (const size of groups) {
          tail.append(Array.from({ length: size }, () => stored(++last)));
          const held = Math.min(last, 10);
          for (let position = last - held + 1; position <= last; position++) {
            const found = tail.from(position, 1_000)?.map((entry) => entry.position);
            expect(found).toEqual(Array.from({ length: last - position + 1 }, (_, n) => position + n));
          }
          expect(tail.from(last - held, 1)).toBeUndefined();
          expect(tail.from(last + 1, 1)).toBeUndefined();
        }
      }),
    );
  });

  test('gives at most what is asked for', () => {
    const tail = tailOf(10_000);
    tail.append([1, 2, 3, 4].map(stored));
    expect(tail.from(2, 2)?.map(({ position }) => position)).toEqual([2, 3]);
  });

  test('keeps no memory alive but that of its events', () => {
    const tail = new Tail({
      next: 1,
      maxBytes: 10_000,
      // As small buffers are made: of a block that others have parts of too.
      encode: ({ position, stream, type }) => ({
        position,
        stream,
        type,
        message: Buffer.from('0123456789'),
      }),
    });
    for (let position = 1; position <= 20; position += 2)
      tail.append([stored(position), stored(position + 1)]);
    const kept = tail.from(1, 20) ?? [];
    expect(kept.map(({ message }) => message.toString())).toEqual(Array(20).fill('0123456789'));
    const blocks = new Set(kept.map(({ message }) => message.buffer));
    expect([...blocks].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(200);
  });

  test('keeps the last event even if it is too large alone', () => {
    const tail = tailOf(10);
    tail.append([stored(1), stored(2)]);
    expect(tail.from(2, 1)).toHaveLength(1);
  });

  test('goes on where it is told to after the log was taken up again', () => {
    const tail = tailOf(1_000);
    tail.append([stored(1), stored(2)]);
    tail.restart(6);
    expect(tail.from(2, 1)).toBeUndefined();
    tail.append([stored(6)]);
    expect(tail.from(6, 9)).toHaveLength(1);
    expect(tail.from(5, 9)).toBeUndefined();
  });

  test('refuses a gap', () => {
    expect(() => tailOf(1_000).append([stored(2)])).toThrow('does not follow');
  });
});
