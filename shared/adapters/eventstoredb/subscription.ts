import {
  type AllStreamResolvedEvent,
  type EventStoreDBClient,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import type { Position } from '../../events/position.ts';
import { arrivals, READ_AHEAD } from './arrivals.ts';
import { EventStoreUnavailable } from './errors.ts';
import type { FeedMessage, SubscribeOptions } from './event-log.ts';
import { toRecordedEvent } from './recorded.ts';
import { toReadError } from './unavailable.ts';

/** Events that the server looks at between two checkpoints: its smallest step (32) times this. */
const CHECKPOINT_INTERVAL = 32;

/** A checkpoint in the queue of events. */
class Checkpoint {
  readonly position: Position;
  constructor(position: Position) {
    this.position = position;
  }
}

/**
 * A subscription to `$all`, see {@link EventLog.subscribe}.
 *
 * The client calls `checkpointReached` as it decodes the message, ahead of all events that it has decoded before and
 * that still wait in its buffer. So the checkpoint is put into that same buffer, behind them, and is only seen by
 * whoever has taken everything in front of it.
 */
export async function* subscription(
  client: EventStoreDBClient,
  options: SubscribeOptions,
): AsyncGenerator<readonly FeedMessage[], void> {
  const filter = streamNameFilter({
    prefixes: [...options.streamPrefixes],
    checkpointInterval: CHECKPOINT_INTERVAL,
    checkpointReached: (source, position) => {
      source.push(new Checkpoint(position));
    },
  });
  const fromPosition = options.after === 'start' ? START : options.after;
  const source = client.subscribeToAll({ fromPosition, filter }, { highWaterMark: READ_AHEAD });
  try {
    const batches = arrivals<AllStreamResolvedEvent | Checkpoint>(source, { signal: options.signal });
    for await (const batch of batches) yield batch.map(toFeedMessage);
  } catch (error) {
    throw toReadError(error);
  } finally {
    // A call that could not even be opened has said so already; there is nothing to cancel.
    source.unsubscribe().catch(() => undefined);
  }
  if (!options.signal.aborted)
    throw new EventStoreUnavailable({ cause: new Error('the subscription ended') });
}

const toFeedMessage = (item: AllStreamResolvedEvent | Checkpoint): FeedMessage =>
  item instanceof Checkpoint
    ? { kind: 'checkpoint', position: item.position }
    : { kind: 'event', event: toRecordedEvent(item) };
