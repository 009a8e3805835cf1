import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import grpc from '@grpc/grpc-js';

/**
 * EventStoreDB's answer to a read or subscription of `$all` from a position at which no record begins. The local event
 * store counts its positions one by one, so it can't give it.
 */
export function invalidPosition(
  request: ReadReq,
  recordBegins: (commit: bigint) => boolean,
): Partial<grpc.StatusObject> | undefined {
  const options = request.getOptions();
  const position = options?.getAll()?.getPosition();
  if (!options || !position || recordBegins(BigInt(position.getCommitPosition()))) return undefined;
  if (options.hasSubscription()) {
    return { code: grpc.status.INVALID_ARGUMENT, details: 'Trying to read from an invalid position.' };
  }
  const result = options.hasFilter() ? 'FilteredReadAllResult' : 'ReadAllResult';
  return { code: grpc.status.UNKNOWN, details: `Unexpected ${result}: InvalidPosition` };
}
