import grpc from '@grpc/grpc-js';
import { EventStoreUnavailable, PositionNotInLog, StreamDeleted } from '../../event-log/errors.ts';
import { Silence } from './arrivals.ts';
import type { Endpoint } from './nodes/endpoint.ts';

/** What asking again, or asking another node, would not change. */
const LASTING: readonly unknown[] = [
  grpc.status.INVALID_ARGUMENT,
  grpc.status.NOT_FOUND,
  grpc.status.PERMISSION_DENIED,
  grpc.status.FAILED_PRECONDITION,
  grpc.status.UNIMPLEMENTED,
  grpc.status.UNAUTHENTICATED,
];

/** Messages by which EventStoreDB says that it did not even try. */
export const NOT_TRIED = /not ready|busy|no leader/i;

/**
 * Its answers to a position inside a record, and to one beyond the end read backwards: reads say UNKNOWN "Unexpected
 * ReadAllResult: InvalidPosition" ("FilteredReadAllResult" with a filter), subscriptions INVALID_ARGUMENT "Trying to
 * read from an invalid position."
 */
const INVALID_POSITION = /invalid ?position/i;

type StatusError = Error & Partial<grpc.StatusObject>;

const isStatus = (error: unknown): error is StatusError =>
  error instanceof Error && 'code' in error && typeof error.code === 'number';

const textOf = (error: StatusError) => error.details ?? error.message;

const trailerOf = (error: unknown, name: string) =>
  isStatus(error) ? error.metadata?.get(name)[0]?.toString() : undefined;

/** The node that answered is not the leader; `leader` if it knows who is. */
export interface NotLeader {
  readonly leader: Endpoint | undefined;
}

/** Undefined if the error says anything else. */
export function notLeader(error: unknown): NotLeader | undefined {
  if (trailerOf(error, 'exception') !== 'not-leader') return undefined;
  const address = trailerOf(error, 'leader-endpoint-host');
  const port = Number(trailerOf(error, 'leader-endpoint-port'));
  return { leader: address && port > 0 ? { address, port } : undefined };
}

/** The node did not try: it is not the leader, is starting or stopping, or has no leader to ask. */
export const isNotTried = (error: unknown): boolean =>
  notLeader(error) !== undefined ||
  (isStatus(error) && !LASTING.includes(error.code) && NOT_TRIED.test(textOf(error)));

/** Asking again may help, perhaps another node. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Silence ||
  (isStatus(error) &&
    (notLeader(error) !== undefined ||
      (!LASTING.includes(error.code) && !INVALID_POSITION.test(textOf(error)))));

/** What a failed read or subscription throws: what this system knows by the port's errors, anything else as it is. */
export function toReadError(error: unknown): unknown {
  if (isPassing(error)) return new EventStoreUnavailable({ cause: error });
  if (isStatus(error) && INVALID_POSITION.test(textOf(error))) return new PositionNotInLog({ cause: error });
  return trailerOf(error, 'exception') === 'stream-deleted' ? new StreamDeleted({ cause: error }) : error;
}
