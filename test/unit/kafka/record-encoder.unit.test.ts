import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  encodeRecord,
  encodeRecordsQuickly,
  type RecordFields,
} from '../../../shared/adapters/kafka/record-encoder.ts';

const RECORD = 'kafkajs/src/protocol/recordBatch/record/v0/index.js';
const require = createRequire(import.meta.url);
const driver = require(RECORD) as typeof encodeRecord;

const bytes = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
);
const plain: fc.Arbitrary<RecordFields> = fc.record({
  offsetDelta: fc.nat(100_000),
  // A record may be older than the first of its batch, and a batch may span years.
  timestampDelta: fc.oneof(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: -200, max: 200 })),
  key: bytes,
  value: bytes,
  headers: fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 100 }), bytes, { noNullPrototype: true }),
});

it('writes the bytes that the driver writes', () => {
  fc.assert(
    fc.property(plain, (fields) => {
      expect(encodeRecord(fields).buffer.equals(driver(fields).buffer)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

it.each<[string, RecordFields]>([
  ['no key', { key: null, value: 'x' }],
  ['no value', { key: 'k', value: null }],
  ['a header twice', { key: 'k', value: 'x', headers: { a: ['1', Buffer.from('2')] } }],
  ['defaults', { key: 'k', value: 'x' }],
])('leaves to the driver what events do not have: %s', (_what, fields) => {
  expect(encodeRecord(fields).buffer).toEqual(driver(fields).buffer);
});

it('takes the place of the driver’s encoder', () => {
  encodeRecordsQuickly();
  encodeRecordsQuickly();
  expect(require(RECORD)).toBe(encodeRecord);
});
