import grpc, { type ServerErrorResponse } from '@grpc/grpc-js';
import { isPostgresUnavailable } from '../../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../../shared/process/logger.ts';

/** An error in the form that EventStoreDB's clients turn into their typed classes: a status, and trailers that name it. */
export class RpcError extends Error implements ServerErrorResponse {
  readonly code: grpc.status;
  readonly details: string;
  readonly metadata: grpc.Metadata;

  constructor(
    code: grpc.status,
    details: string,
    trailers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(details, options);
    this.name = 'RpcError';
    this.code = code;
    this.details = details;
    this.metadata = new grpc.Metadata();
    for (const [name, value] of Object.entries(trailers)) this.metadata.set(name, value);
  }
}

export const invalidArgument = (details: string): RpcError =>
  new RpcError(grpc.status.INVALID_ARGUMENT, details);

export const unimplemented = (what: string): RpcError =>
  new RpcError(grpc.status.UNIMPLEMENTED, `${what} is not part of this event store`);

export const missingMetadata = (name: string): RpcError =>
  new RpcError(grpc.status.INVALID_ARGUMENT, `Required Metadata Property '${name}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });

export const appendTooLarge = (maximum: number): RpcError =>
  new RpcError(grpc.status.INVALID_ARGUMENT, `Maximum Append Size of ${maximum} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(maximum),
  });

/** ABORTED is what clients read as a time-out: the append may have been written. */
export const appendTimeout = (): RpcError => new RpcError(grpc.status.ABORTED, 'Operation timed out: append');

export const notReady = (cause?: unknown): RpcError =>
  new RpcError(grpc.status.UNAVAILABLE, 'Server Is Not Ready', {}, { cause });

export const tooBusy = (): RpcError => new RpcError(grpc.status.UNAVAILABLE, 'Server Is Too Busy');

/** Nobody waits for the answer any more. */
export const cancelled = (): RpcError => new RpcError(grpc.status.CANCELLED, 'The call was cancelled');

/** A read of `$all` that begins where no event can be. */
export const invalidPosition = (result: 'ReadAllResult' | 'FilteredReadAllResult'): RpcError =>
  new RpcError(grpc.status.UNKNOWN, `Unexpected ${result}: InvalidPosition`);

/** What a call answers when `error` was thrown in it. What nobody foresaw is logged: its caller is told no details. */
export function toRpcError(error: unknown, logger: Logger): RpcError {
  if (error instanceof RpcError) return error;
  if (isPostgresUnavailable(error)) return notReady(error);
  logger.error({ err: error }, 'event_store_call_failed');
  return new RpcError(grpc.status.UNKNOWN, 'Unexpected error', {}, { cause: error });
}
