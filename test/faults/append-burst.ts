import { randomUUID } from 'node:crypto';
import { EventStoreUnavailable, OutcomeUnknown } from '../../shared/event-log/errors.ts';
import type { EventLog, NewEvent } from '../../shared/event-log/event-log.ts';
import type { Position } from '../../shared/event-log/position.ts';
import { eventually } from '../support/eventually.ts';

export interface Acknowledged {
  readonly stream: string;
  readonly id: string;
  readonly revision: number;
  readonly position: Position;
}

/** Writers that append without pause, each to a stream of its own, whatever happens to the store meanwhile. */
export interface Burst {
  readonly acknowledged: readonly Acknowledged[];
  /** How often it could not be told whether an append took effect. */
  readonly unknown: () => number;
  /** Resolves when this many more appends have been acknowledged. */
  more(count: number): Promise<void>;
  /** Lets each writer finish what it is at. */
  stop(): Promise<void>;
}

const DEADLINE = { deadlineMs: 1_000 };

export function startBurst(logs: readonly EventLog[], writersPerLog: number): Burst {
  const acknowledged: Acknowledged[] = [];
  let unknown = 0;
  let stopping = false;

  const write = async (log: EventLog) => {
    const stream = `burst-${randomUUID()}`;
    for (let revision = 0; !stopping; revision++) {
      const event: NewEvent = { id: randomUUID(), type: 'Burst', data: { revision }, metadata: {} };
      const expected = revision === 0 ? 'no_stream' : revision - 1;
      // The same append, under the same id and expectation, until it is acknowledged: as a command is retried.
      const result = await eventually(`${stream} ${revision}`, async () => {
        try {
          return await log.append(stream, expected, [event], DEADLINE);
        } catch (error) {
          if (error instanceof OutcomeUnknown) unknown++;
          else if (!(error instanceof EventStoreUnavailable)) throw error;
          return undefined;
        }
      });
      acknowledged.push({ stream, id: event.id, revision, position: result.position });
    }
  };
  const writers = Promise.all(logs.flatMap((log) => Array.from({ length: writersPerLog }, () => write(log))));

  return {
    acknowledged,
    unknown: () => unknown,
    more: async (count) => {
      const goal = acknowledged.length + count;
      await Promise.race([writers, eventually(`${goal} appends`, () => acknowledged.length >= goal)]);
    },
    stop: async () => {
      stopping = true;
      await writers;
    },
  };
}

/** Follows the log across all outages, and notes what it is given. */
export function startFollower(log: EventLog) {
  const positions: Position[] = [];
  const abort = new AbortController();
  let outages = 0;
  const follow = async () => {
    while (!abort.signal.aborted) {
      try {
        const after = positions.at(-1) ?? 'start';
        for await (const batch of log.subscribe({
          after,
          streamPrefixes: ['burst-'],
          signal: abort.signal,
        })) {
          for (const message of batch) if (message.kind === 'event') positions.push(message.event.position);
        }
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable)) throw error;
        outages++;
        await eventually('the store is back', () => log.ping().then(() => true));
      }
    }
  };
  const running = follow();
  return {
    positions,
    outages: () => outages,
    stop: async () => {
      abort.abort();
      await running;
    },
  };
}
