import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planBatches } from '../../../projector/relay/batches.ts';
import { partitionOf } from '../../../shared/adapters/kafka/partitioner.ts';
import { encodeRecord } from '../../../shared/adapters/kafka/record-encoder.ts';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { createReader } from '../../../shared/events/codec.ts';
import { asRecorded, renewed, stamp } from '../events/sample-events.ts';

const reader = createReader();
const NOW = Date.now();
const WIDE = { partitions: 3, partitionBytes: 1e6, totalBytes: 1e6 };

function event(userId: string, actor: string, revision: number, type = 'LoggedOut'): RecordedEvent {
  const data = { userId, tokenId: userId, expiresAt: renewed.data.endDate };
  const metadata = { ...stamp().metadata, actor: { role: 'user', id: actor }, schemaVersion: 1 };
  const recorded = asRecorded({ id: userId, type, data, metadata }, `user-${userId}`);
  return { ...recorded, revision, position: { commit: BigInt(revision), prepare: BigInt(revision) } };
}

const events = fc
  .array(fc.tuple(fc.uuid({ version: 7 }), fc.string({ unit: 'grapheme', maxLength: 60 })), { maxLength: 60 })
  .map((users) => users.map(([userId, actor], i) => event(userId, actor.slice(0, 128), i)));
const limits = fc.record({
  partitions: fc.integer({ min: 1, max: 4 }),
  partitionBytes: fc.integer({ min: 1, max: 20_000 }),
  totalBytes: fc.integer({ min: 1, max: 40_000 }),
});

describe('batches', () => {
  it('hold all events in their order, each user’s in one partition', () => {
    fc.assert(
      fc.property(events, limits, (all, within) => {
        const { batches, stop } = planBatches(reader, all, within, NOW);
        expect(stop).toBeUndefined();
        expect(batches.flatMap((batch) => batch.events)).toEqual(all);
        for (const { records, events: some } of batches) {
          expect(records.map(({ key }) => key)).toEqual(some.map(({ data }) => data.userId));
          for (const { key, partition } of records) {
            expect(partition).toBe(partitionOf(key, within.partitions));
          }
        }
      }),
    );
  });

  it('are no larger than a partition takes and a request may be, unless one event is', () => {
    fc.assert(
      fc.property(events, limits, (all, within) => {
        for (const { records } of planBatches(reader, all, within, NOW).batches) {
          if (records.length === 1) continue;
          const sizes = records.map(
            ({ partition, key, value, headers }) =>
              [partition, encodeRecord({ key, value, headers }).buffer.length] as const,
          );
          const sum = (some: typeof sizes) => some.reduce((total, [, size]) => total + size, 0);
          expect(sum(sizes)).toBeLessThanOrEqual(within.totalBytes);
          for (let partition = 0; partition < within.partitions; partition++) {
            const own = sizes.filter(([of]) => of === partition);
            expect(sum(own)).toBeLessThanOrEqual(within.partitionBytes);
          }
        }
      }),
    );
  });

  it('are as few as fit', () => {
    const all = Array.from({ length: 50 }, (_, i) => event(crypto.randomUUID(), 'x', i));
    const { batches } = planBatches(reader, all, WIDE, NOW);
    expect(batches.length).toBe(1);
  });

  it('end before an event that is not known, and say so', () => {
    const [user] = [crypto.randomUUID()];
    const all = [event(user, 'x', 0), event(user, 'x', 1, 'SubscriptionGifted'), event(user, 'x', 2)];
    const { batches, stop } = planBatches(reader, all, WIDE, NOW);
    expect(batches.map((batch) => batch.events)).toEqual([[all[0]]]);
    expect(stop).toMatchObject({ code: 'unknown_event' });
  });

  it('pass over what another program wrote, whatever its type, and name it', () => {
    const user = crypto.randomUUID();
    const ours = [event(user, 'x', 0), event(user, 'x', 3)];
    const foreign = [
      { ...event(user, 'x', 1), metadata: { $correlationId: 'a tool' } },
      { ...event(user, 'x', 2), data: {}, metadata: {}, unreadable: 'its data is not a JSON object' },
    ];
    const all = [ours[0], ...foreign, ours[1]] as RecordedEvent[];
    const { batches, stop, foreign: named } = planBatches(reader, all, WIDE, NOW);
    expect(batches.map((batch) => batch.events)).toEqual([ours]);
    expect(stop).toBeUndefined();
    expect(named.map(({ revision }) => revision)).toEqual([1, 2]);
  });

  it('tell Kafka no time that is ahead of the clock: brokers refuse it, and the batch with it', () => {
    const ahead = { ...event(crypto.randomUUID(), 'x', 0), created: new Date(NOW + 40 * 86_400_000) };
    const [batch] = planBatches(reader, [ahead], WIDE, NOW).batches;
    expect(batch?.records[0]?.timestamp).toBe(String(NOW));
    expect(batch?.records[0]?.headers.ce_time).toBe(ahead.created.toISOString());
  });
});
