import { expect } from 'vitest';
import { partitionOf } from '../../shared/adapters/kafka/partitioner.ts';
import type { EventLog, RecordedEvent } from '../../shared/event-log/event-log.ts';
import { comparePositions, parsePosition } from '../../shared/event-log/position.ts';
import { fromKafkaRecord } from '../../shared/events/cloud-event.ts';
import type { RelaySystem } from './relay-system.ts';
import { readTopic } from './topic-reader.ts';

/** The events of the log, as a consumer of the topic should get them. */
export async function loggedEvents(log: EventLog): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of log.readAll()) {
    const { requestDigest: _, ...metadata } = event.metadata;
    events.push({ ...event, metadata });
  }
  return events;
}

/** What the topic has beyond each event once. */
export interface Checked {
  readonly events: readonly RecordedEvent[];
  /** By the event's place in the log: how often it was sent again. */
  readonly repeats: readonly number[];
}

/**
 * Reads the topic as a `read_committed` consumer and checks it against the log: every event is there as it was
 * written, in its user's partition; and whoever drops what is not newer than the last of a stream sees each stream in
 * order and without a gap.
 */
export async function checkTopic(system: RelaySystem, partitions = 3): Promise<Checked> {
  const events = await loggedEvents(system.log);
  const places = new Map(events.map((event, place) => [event.id, place]));
  const repeats = events.map(() => -1);
  const revisions = new Map<string, number>();
  const furthest = new Map<number, number>();
  for (const { partition, message } of await readTopic(system.brokers, system.topic)) {
    const event = fromKafkaRecord(message);
    const place = places.get(event.id) as number;
    expect(event).toEqual(events[place]);
    expect(partition).toBe(partitionOf(String(message.key), partitions));
    repeats[place] = (repeats[place] as number) + 1;
    const last = revisions.get(event.stream) ?? -1;
    if (event.revision <= last) continue;
    expect(event.revision, `behind revision ${last} of ${event.stream}`).toBe(last + 1);
    revisions.set(event.stream, event.revision);
    expect(place).toBeGreaterThan(furthest.get(partition) ?? -1);
    furthest.set(partition, place);
  }
  expect(events.filter((_, place) => repeats[place] === -1)).toEqual([]);
  return { events, repeats };
}

/** Where the checkpoint stands: an event's position as text; undefined before the first. */
export async function checkpointOf({ pool, topic }: RelaySystem): Promise<string | undefined> {
  const { rows } = await pool.query<{ at: string | null }>(
    `SELECT last_event_commit || '/' || last_event_prepare AS at FROM relay.checkpoints WHERE topic = $1`,
    [topic],
  );
  return rows[0]?.at ?? undefined;
}

/**
 * Checks that each repeat belongs to one batch that an interruption explains: the events behind the checkpoint that
 * was found after it, and no more than a batch of them. Answers how many batches came again.
 */
export function explainRepeats(
  { events, repeats }: Checked,
  checkpoints: readonly (string | undefined)[],
  batchEvents: number,
): number {
  const left = [...repeats];
  let batches = 0;
  for (const checkpoint of checkpoints) {
    const behind = checkpoint === undefined ? undefined : parsePosition(checkpoint);
    const start = behind ? events.findIndex(({ position }) => comparePositions(position, behind) > 0) : 0;
    if (start < 0 || !left[start]) continue;
    batches++;
    for (let at = start; at < start + batchEvents && left[at]; at++) left[at] = (left[at] as number) - 1;
  }
  expect(events.filter((_, place) => (left[place] as number) > 0).map(({ position }) => position)).toEqual(
    [],
  );
  return batches;
}
