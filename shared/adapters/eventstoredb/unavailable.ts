import {
  CancelledError,
  convertToCommandError,
  DeadlineExceededError,
  NotLeaderError,
  TimeoutError,
  UnavailableError,
  UnknownError,
} from '@eventstore/db-client';
import grpc from '@grpc/grpc-js';
import { EventStoreUnavailable } from '../../event-log-errors.ts';
import { Silence } from './arrivals.ts';

const PASSING = [
  UnavailableError,
  CancelledError,
  TimeoutError,
  DeadlineExceededError,
  NotLeaderError,
  UnknownError,
  Silence,
];

/** What asking again would not change. The client has no class for these. */
const LASTING: readonly unknown[] = [grpc.status.INVALID_ARGUMENT, grpc.status.UNIMPLEMENTED];

/** Errors by which the client says that it found no node; they have no class either. */
const DISCOVERY = /discover/i;

/** What a failed read or subscription throws: unavailability as such, anything else as it is. */
export function toReadError(cause: unknown): unknown {
  if (!(cause instanceof Error) || hasLastingCode(cause)) return cause;
  const error = convertToCommandError(cause) as Error;
  const passing = PASSING.some((type) => error instanceof type) || DISCOVERY.test(error.message);
  return passing ? new EventStoreUnavailable({ cause }) : cause;
}

/** EventStoreDB's answer to a position inside a record: it was given by another log than this one. */
export const isInvalidPosition = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === grpc.status.INVALID_ARGUMENT;

const hasLastingCode = (error: Error): boolean => 'code' in error && LASTING.includes(error.code);
