import { KafkaUnavailable } from '../../shared/adapters/kafka/errors.ts';
import type { Bounds, PartitionBatch } from '../../shared/adapters/kafka/partition.ts';
import { comparePositions, type Position } from '../../shared/events/position.ts';
import { unlessAborted } from '../../shared/unless-aborted.ts';
import { partitionsChanged, recordsMissing, topicReplaced } from '../errors.ts';
import type { AppliedEvent, FeedEvent } from '../feeds/feed.ts';
import type { KafkaFeedOptions } from './feed.ts';
import { eventWithin } from './missing-events.ts';
import { eventOfRecord } from './record-event.ts';
import { RelayWatch } from './relayed.ts';

/** Records of a partition, found to lead on from what was applied. */
export interface Opened {
  readonly batches: AsyncGenerator<PartitionBatch, void>;
  /** Ends the batches; also where nothing comes any more. */
  end(): void;
}

/** Where to begin, and what has to be found there. */
interface Start {
  readonly offset: bigint;
  /** The record of the last event that was applied is there. */
  readonly repeats: boolean;
  /** Records before it are gone, or were left out: the event store has to say that none of them is needed. */
  readonly unproven: boolean;
}

/** What was applied, what was sent, and for how long an answer is wanted. */
interface Applied {
  readonly last: AppliedEvent | undefined;
  /** At or behind `last`. */
  readonly reached: Position;
  /** Everything up to there was in the topic before its bounds were read; undefined if nobody knows. */
  readonly sent: Position | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * How far before the last event of the direct feed a lane begins that takes over from it: far more than an event
 * store's clock is ever set back, and a quarter of an hour of repetitions.
 */
const MARGIN_MS = 15 * 60_000;

/**
 * Begins to read a partition where the read models are, and makes sure that nothing is missing in between.
 * @throws FeedStop, KafkaUnavailable, EventStoreUnavailable, or an error of PostgreSQL
 * @throws the signal's reason
 */
export async function open(
  options: KafkaFeedOptions,
  last: AppliedEvent | undefined,
  reached: Position,
  signal?: AbortSignal,
): Promise<Opened> {
  // Before the bounds: what is sent between the two is then behind them, and not missing.
  const sent = await unlessAborted(sentUpTo(options), signal);
  const applied = { last, reached, sent, signal };
  const bounds = await unlessAborted(boundsOf(options), signal);
  const start = await unlessAborted(findStart(options, bounds, last), signal);
  const opened = await openAt(options, bounds, start, applied);
  if (opened) return opened;
  // The times of records led too far: from the first record there is, then.
  const first = { offset: bounds.start, repeats: false, unproven: bounds.start > 0n };
  const again = start.offset > bounds.start && (await openAt(options, bounds, first, applied));
  if (again) return again;
  const where = `partition ${options.partition.id} of the topic begins at offset ${bounds.start}`;
  throw recordsMissing(`${where}, and events behind what these read models hold are no longer in it`);
}

/** How far the relay is now, and not when it was last looked at: what was sent since then may be gone already. */
async function sentUpTo({ pool, lane }: KafkaFeedOptions): Promise<Position | undefined> {
  if (lane.owner.feed !== 'kafka') return undefined;
  const relay = new RelayWatch(pool, lane.owner.topic);
  await relay.look();
  return relay.latest?.position;
}

async function boundsOf({ partition, offsets, lane }: KafkaFeedOptions): Promise<Bounds> {
  const bounds = (await offsets.bounds()).get(partition.id);
  if (!bounds) throw partitionsChanged(`the topic has no partition for ${lane.name}`);
  partition.sawEnd(bounds.end);
  return bounds;
}

async function findStart(
  { partition, offsets }: KafkaFeedOptions,
  { start, end }: Bounds,
  last: AppliedEvent | undefined,
): Promise<Start> {
  if (last?.offset !== undefined) {
    if (last.offset >= end) throw replaced(partition.id, last, `it ends at ${end}`);
    if (last.offset >= start) return { offset: last.offset, repeats: true, unproven: false };
    return { offset: start, repeats: false, unproven: last.offset + 1n < start };
  }
  const since = last && (await offsets.since(last.at.getTime() - MARGIN_MS)).get(partition.id);
  const offset = since === undefined || since < start ? start : since;
  return { offset, repeats: false, unproven: offset > 0n };
}

/** undefined if events are missing before the first record that is there. */
async function openAt(
  options: KafkaFeedOptions,
  bounds: Bounds,
  start: Start,
  applied: Applied,
): Promise<Opened | undefined> {
  const { last, signal } = applied;
  const ending = new AbortController();
  const reading = options.partition.read(start.offset, ending.signal);
  const end = () => ending.abort();
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();
  try {
    const first = start.repeats || start.unproven ? await firstBatch(reading, start, bounds) : undefined;
    const event = first?.records[0] && eventOfRecord(first.records[0], options.lane);
    if (start.repeats && last && !isSame(event, last)) {
      throw replaced(options.partition.id, last, `another event stands there`);
    }
    if (!start.unproven || (await nothingIsMissing(options, start.offset > bounds.start, event, applied))) {
      return { batches: behind(first, reading), end };
    }
  } catch (error) {
    await reading.return();
    throw error;
  } finally {
    signal?.removeEventListener('abort', end);
  }
  await reading.return();
  return undefined;
}

const isSame = (event: FeedEvent | undefined, last: AppliedEvent): boolean =>
  event?.id === last.id && event.offset === last.offset;

/** The first batch with a record in it; undefined where nothing stands in the partition from there on. */
async function firstBatch(
  reading: AsyncGenerator<PartitionBatch, void>,
  start: Start,
  { end }: Bounds,
): Promise<PartitionBatch | undefined> {
  for (let next = start.offset; next < end; ) {
    const { value, done } = await reading.next();
    if (done) throw new KafkaUnavailable({ cause: new Error('the partition was taken away') });
    if (value.records.length > 0) return value;
    next = value.next;
  }
  return undefined;
}

/** @param skips records that are there are left out too, by their time */
async function nothingIsMissing(
  { log, lane }: KafkaFeedOptions,
  skips: boolean,
  first: FeedEvent | undefined,
  { last, reached, sent, signal }: Applied,
): Promise<boolean> {
  // A partition has the log's order, and what the relay repeats it repeats from there on: nothing is left out before.
  if (first && comparePositions(first.position, reached) <= 0) return true;
  // Behind the records that are there new ones will come. Of a partition without any, or with markers alone, nobody
  // knows what it has held.
  if (!first && skips) return true;
  // What the relay has not sent yet is not missing.
  const before = first?.position ?? (sent && { ...sent, prepare: sent.prepare + 1n });
  const stretch = { from: last?.position, after: reached, before };
  return (await eventWithin(log, lane.owns, stretch, signal)) === undefined;
}

async function* behind(
  first: PartitionBatch | undefined,
  rest: AsyncGenerator<PartitionBatch, void>,
): AsyncGenerator<PartitionBatch, void> {
  try {
    if (first) yield first;
    yield* rest;
  } finally {
    await rest.return();
  }
}

const replaced = (partition: number, last: AppliedEvent, found: string) =>
  topicReplaced(
    `partition ${partition} of the topic does not have event ${last.id} at offset ${last.offset}: ${found}`,
  );
