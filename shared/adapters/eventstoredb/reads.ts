import { setTimeout as wait } from 'node:timers/promises';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { EventStoreUnavailable } from '../../event-log/errors.ts';
import type { RecordedEvent } from '../../event-log/event-log.ts';
import { arrivals, Silence } from './arrivals.ts';
import { openRead, type ReadCall } from './calls.ts';
import { isPassing, notLeader, toReadError } from './faults.ts';
import type { Connection, Node } from './nodes/connection.ts';
import type { ReadMessage } from './read-message.ts';

/** A read whose next event takes longer than this has lost its event store. */
const SILENCE_MS = 10_000;
/** How long a read that failed before its first message is tried again: a start, or an election, takes a second or two. */
const RETRY_FOR_MS = 3_000;
const PAUSE_MS = 100;
/** A read that runs out of time after this much silence has been let down by its node; else there was just a lot to read. */
const STALLED_MS = 500;

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for the next message; {@link SILENCE_MS} unless given, 0 for ever. */
  readonly silenceMs?: number;
}

/**
 * The messages of a call in batches. It is opened when the first is asked for, and cancelled when the reader leaves.
 * @throws EventStoreUnavailable, EventUnreadable, PositionNotInLog
 */
export async function* messages(
  connection: Connection,
  request: ReadReq,
  options: ReadOptions,
): AsyncGenerator<ReadMessage[], void> {
  const until = performance.now() + Math.min(options.silenceMs || RETRY_FOR_MS, RETRY_FOR_MS);
  for (;;) {
    let began = false;
    try {
      for await (const batch of attempt(connection, request, options)) {
        began = true;
        yield batch;
      }
      return;
    } catch (error) {
      if (began || !isWorthRetrying(error) || performance.now() > until) throw toReadError(error);
    }
    await wait(PAUSE_MS);
  }
}

/** A node that is silent has had its time. */
const isWorthRetrying = (error: unknown) => isPassing(error) && !(error instanceof Silence);

async function* attempt(
  connection: Connection,
  request: ReadReq,
  { signal, silenceMs = SILENCE_MS }: ReadOptions,
): AsyncGenerator<ReadMessage[], void> {
  const node = await opened(connection, silenceMs || SILENCE_MS, signal);
  if (!node) return;
  const call = openRead(connection, node, request);
  let lastAt = performance.now();
  try {
    for await (const batch of arrivals<ReadMessage>(call, { signal, silenceMs })) {
      yield batch;
      lastAt = performance.now();
    }
    if (ranOut(signal) && performance.now() - lastAt > STALLED_MS) connection.failed(node);
  } catch (error) {
    if (isPassing(error)) connection.failed(node, notLeader(error)?.leader);
    throw error;
  } finally {
    leave(call);
  }
}

/** A call that is only cancelled never closes if nobody reads what has arrived of it. */
function leave(call: ReadCall): void {
  call.cancel();
  call.destroy();
}

const ranOut = (signal: AbortSignal | undefined) =>
  signal?.aborted && (signal.reason as { name?: unknown } | undefined)?.name === 'TimeoutError';

/** A node, or undefined if the reader has left meanwhile. @throws EventStoreUnavailable */
async function opened(
  connection: Connection,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Node | undefined> {
  if (signal?.aborted) return undefined;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Silence()), timeoutMs);
    const leave = () => resolve(undefined);
    signal?.addEventListener('abort', leave, { once: true });
    connection
      .node()
      .then(resolve, (cause: Error) => reject(new EventStoreUnavailable({ cause })))
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
      });
  });
}

/** The events of a read, without EventStoreDB's own, and nothing for a stream that is not there. */
export async function* events(
  connection: Connection,
  request: ReadReq,
  options: ReadOptions,
): AsyncGenerator<RecordedEvent, void> {
  for await (const batch of messages(connection, request, options)) {
    for (const message of batch) {
      if (message.kind === 'unreadable') throw message.error;
      if (message.kind === 'event') yield message.event;
    }
  }
}
