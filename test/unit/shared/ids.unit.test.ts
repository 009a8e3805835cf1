import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeOfUuidv7, uuidv5, uuidv7 } from '../../../shared/ids.ts';

describe('uuidv7', () => {
  it('is the example of RFC 9562, A.6', () => {
    const random = Buffer.from('0cc318c4dc0c0c07398f', 'hex');
    expect(uuidv7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('carries its time, and sorts by it', () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [first, second] = [uuidv7(a, randomBytes(10)), uuidv7(b, randomBytes(10))];
        expect(timeOfUuidv7(first)).toBe(a);
        if (a < b) expect(first < second).toBe(true);
      }),
    );
  });

  it('has no place for a time before 1970 or beyond 48 bits', () => {
    for (const time of [-1, 2 ** 48, Number.NaN])
      expect(() => uuidv7(time, randomBytes(10))).toThrow(RangeError);
    expect(() => uuidv7(0, randomBytes(9))).toThrow(RangeError);
  });

  it('is the only kind that has a time', () => {
    for (const other of [randomUUID(), '', '017f22e2-79b0-7cc3-98c4-dc0c0c07398f0']) {
      expect(timeOfUuidv7(other)).toBeUndefined();
    }
  });
});

describe('uuidv5', () => {
  it('is the example of RFC 9562, A.4', () => {
    const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
    expect(uuidv5(dns, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });

  it('needs a UUID as its namespace', () => {
    expect(() => uuidv5('dns', 'www.example.com')).toThrow(RangeError);
  });
});
