import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type CloudEvent, Kafka } from 'cloudevents';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import {
  type ConsumedRecord,
  fromKafkaRecord,
  type KafkaRecord,
  toKafkaRecord,
} from '../../../shared/events/cloud-event.ts';
import { createReader } from '../../../shared/events/codec.ts';
import { metadataSchema } from '../../../shared/events/metadata.ts';
import { asRecorded, renewed, stamp, userId } from './sample-events.ts';

const NOW = Date.now();
const recorded = (over: Partial<RecordedEvent> = {}): RecordedEvent => ({
  ...asRecorded({
    id: '0198c0de-0000-5000-8000-000000000001',
    ...renewed,
    metadata: { ...stamp().metadata, decidedAt: '2026-02-28T23:59:59.999Z', schemaVersion: 1 },
  }),
  revision: 41,
  position: { commit: 4_711n, prepare: 4_710n },
  ...over,
});

/** As a consumer gets it: bytes. */
const consumed = ({ value, headers, timestamp }: KafkaRecord): ConsumedRecord => ({
  value,
  timestamp,
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
});

/** As the official package takes it: its headers are text. */
const understood = ({ key, value, headers }: KafkaRecord) => {
  const message = { key, value, headers, body: value };
  return Kafka.toEvent(message) as CloudEvent<object>;
};

const golden = path.join(import.meta.dirname, 'golden');
const shipped = readdirSync(golden).map((name): [string, RecordedEvent] => [
  name,
  {
    ...JSON.parse(readFileSync(path.join(golden, name), 'utf8')).recorded,
    revision: 3,
    position: { commit: 2n ** 63n - 1n, prepare: 12n },
    created: new Date('2026-03-01T00:00:00.123Z'),
  },
]);

describe('an event as a record', () => {
  it('has every attribute and extension in a header of its own', () => {
    expect(toKafkaRecord(recorded(), NOW)).toEqual({
      key: userId,
      value: Buffer.from(JSON.stringify(renewed.data)),
      timestamp: '1772323200000',
      headers: {
        ce_specversion: '1.0',
        ce_id: '0198c0de-0000-5000-8000-000000000001',
        ce_source: '/license-system',
        ce_type: 'SubscriptionRenewed',
        ce_subject: userId,
        ce_time: '2026-02-28T23:59:59.999Z',
        ce_loggedat: '2026-03-01T00:00:00.000Z',
        'content-type': 'application/json',
        ce_stream: `user-${userId}`,
        ce_revision: '41',
        ce_position: '4711/4710',
        ce_schemaversion: '1',
        ce_correlationid: 'request-1',
        ce_causationid: 'request-1',
        ce_commandid: '5f4d1c2b-6a7e-5b8c-9d0e-1f2a3b4c0005',
        ce_actorrole: 'user',
        ce_actorid: userId,
      },
    });
  });

  it('keeps the digest of the request, and what nobody has named, to the log', () => {
    const metadata = { ...recorded().metadata, requestDigest: 'secret', note: 'secret' };
    const record = toKafkaRecord(recorded({ metadata }), NOW);
    expect(JSON.stringify(record)).not.toContain('secret');
    expect(fromKafkaRecord(record)).toEqual(recorded());
  });

  it('goes to the partition of the user whose email it is about', () => {
    const stream = `email-${'a'.repeat(64)}`;
    const record = toKafkaRecord(recorded({ type: 'EmailReserved', data: { userId }, stream }), NOW);
    expect(record).toMatchObject({ key: userId, headers: { ce_stream: stream, ce_subject: userId } });
  });

  it('is not made of an event that was not decoded', () => {
    expect(() => toKafkaRecord(recorded({ data: {} }), NOW)).toThrow(TypeError);
    expect(() => toKafkaRecord(recorded({ metadata: {} }), NOW)).toThrow(TypeError);
  });
});

describe.each(shipped)('%s', (_name, event) => {
  it('comes back as it was, and decodes', () => {
    const back = fromKafkaRecord(consumed(toKafkaRecord(event, NOW)));
    const { requestDigest: _, ...metadata } = event.metadata;
    expect(back).toEqual({ ...event, metadata });
    expect(createReader().decode(back).event.data).toEqual(createReader().decode(event).event.data);
  });

  it('is a CloudEvent to the official package', () => {
    const record = toKafkaRecord(event, NOW);
    const cloudEvent = understood(record);
    expect(cloudEvent.validate()).toBe(true);
    expect(cloudEvent).toMatchObject({
      id: event.id,
      type: event.type,
      specversion: '1.0',
      source: '/license-system',
      subject: event.data.userId ?? event.data.staffId ?? event.data.webhookId,
      time: record.headers.ce_time,
      datacontenttype: 'application/json',
      data: event.data,
      stream: event.stream,
      revision: '3',
      position: '9223372036854775807/12',
      schemaversion: String(event.metadata.schemaVersion),
    });
  });
});

const whole = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const at = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const anyEvent: fc.Arbitrary<RecordedEvent> = fc.record({
  id: fc.uuid(),
  type: fc.string({ unit: 'grapheme-ascii', minLength: 1 }),
  stream: fc.string({ unit: 'grapheme-ascii', minLength: 1 }),
  revision: fc.maxSafeNat(),
  position: fc.record({ commit: whole, prepare: whole }),
  created: at,
  data: fc.tuple(fc.uuid(), fc.dictionary(text, fc.jsonValue())).map(([user, rest]) => {
    // JSON has no -0 and no own field __proto__ that would come back as one.
    return { ...JSON.parse(JSON.stringify(rest)), userId: user };
  }),
  metadata: fc.record(
    {
      $correlationId: text,
      $causationId: text,
      commandId: fc.uuid(),
      actor: fc.record({ role: fc.constantFrom('user', 'operator', 'system'), id: text }),
      decidedAt: at.map((date) => date.toISOString()),
      traceparent: fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
      schemaVersion: fc.integer({ min: 1, max: 1_000 }),
    },
    { requiredKeys: ['$correlationId', '$causationId', 'commandId', 'actor', 'schemaVersion'] },
  ),
});

describe('any event', () => {
  it('comes back from its record as it was', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        expect(metadataSchema.safeParse(event.metadata).success).toBe(true);
        expect(fromKafkaRecord(consumed(toKafkaRecord(event, NOW)))).toEqual(event);
      }),
    );
  });

  it('is a valid CloudEvent', () => {
    fc.assert(fc.property(anyEvent, (event) => understood(toKafkaRecord(event, NOW)).validate()));
  });
});

describe('a record that is none of ours', () => {
  const good = toKafkaRecord(recorded(), NOW);
  const without = (name: string) => {
    const { [name]: _, ...headers } = good.headers;
    return { ...good, headers };
  };
  const withHeader = (name: string, value: string) => ({
    ...good,
    headers: { ...good.headers, [name]: value },
  });
  const required = Object.keys(good.headers).filter(
    (name) => !['ce_source', 'ce_subject', 'content-type', 'ce_loggedat'].includes(name),
  );
  it.each(required)('lacks %s', (name) => {
    expect(() => fromKafkaRecord(without(name))).toThrow(
      expect.objectContaining({ code: 'record_unreadable', message: expect.stringContaining(name) }),
    );
  });

  it.each([
    ['no headers', { value: good.value, timestamp: good.timestamp }],
    ['no value', { ...good, value: null }],
    ['no JSON', { ...good, value: Buffer.from('{') }],
    ['no object', { ...good, value: Buffer.from('[]') }],
    ['another version of CloudEvents', withHeader('ce_specversion', '0.3')],
    ['a revision that is no number', withHeader('ce_revision', '-1')],
    ['a revision beyond what is exact', withHeader('ce_revision', '9007199254740993')],
    ['no position', withHeader('ce_position', '12')],
    ['no time', withHeader('ce_loggedat', 'yesterday')],
    ['a header twice', { ...good, headers: { ...good.headers, ce_id: ['a', 'b'] } }],
  ])('has %s', (_what, record) => {
    expect(() => fromKafkaRecord(record)).toThrow(expect.objectContaining({ code: 'record_unreadable' }));
  });
});
