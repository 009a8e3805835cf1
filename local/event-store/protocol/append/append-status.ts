import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import grpc from '@grpc/grpc-js';
import anyProto from 'google-protobuf/google/protobuf/any_pb.js';
import emptyProto from 'google-protobuf/google/protobuf/empty_pb.js';
import type { ExpectedRevision } from '../../log/stored-event.ts';
import type { RpcError } from '../rpc-error.ts';
import { MAX_APPEND_BYTES } from './proposed.ts';

/** In a batch each append has a status of its own: `google.rpc.Status`, whose details say which error it is. */
function statusOf(code: number, message: string, type: string, details: Uint8Array): Status {
  const any = new anyProto.Any();
  any.pack(details, type);
  return new status.Status().setCode(code).setMessage(message).setDetails(any);
}

const empty = () => new emptyProto.Empty();

export function wrongExpectedVersion(expected: ExpectedRevision, current: number): Status {
  const details = new shared.WrongExpectedVersion();
  if (expected === 'any') details.setExpectedAny(empty());
  else if (expected === 'no_stream') details.setExpectedNoStream(empty());
  else if (expected === 'stream_exists') details.setExpectedStreamExists(empty());
  else details.setExpectedStreamPosition(String(expected));
  if (current < 0) details.setCurrentNoStream(empty());
  else details.setCurrentStreamRevision(String(current));
  return statusOf(
    grpc.status.ALREADY_EXISTS,
    'WrongExpectedVersion',
    'event_store.client.WrongExpectedVersion',
    details.serializeBinary(),
  );
}

export const timeout = (): Status =>
  statusOf(
    grpc.status.DEADLINE_EXCEEDED,
    'Timeout',
    'event_store.client.Timeout',
    new shared.Timeout().serializeBinary(),
  );

/** Nothing was written. EventStoreDB has no details for this either: clients know it by its message. */
export const notHandled = (reason: 'not_ready' | 'too_busy'): Status =>
  statusOf(
    grpc.status.UNAVAILABLE,
    reason === 'not_ready' ? 'Server Is Not Ready' : 'Server Is Busy',
    'google.protobuf.Empty',
    empty().serializeBinary(),
  );

/** The status of an append that was refused before it came to the log. */
export function refused(error: RpcError): Status {
  if (error.metadata.get('exception')[0] === 'maximum-append-size-exceeded') {
    const details = new shared.MaximumAppendSizeExceeded().setMaxappendsize(MAX_APPEND_BYTES);
    return statusOf(
      grpc.status.INVALID_ARGUMENT,
      'MaximumAppendSizeExceeded',
      'event_store.client.MaximumAppendSizeExceeded',
      details.serializeBinary(),
    );
  }
  const details = new shared.BadRequest().setMessage(error.details);
  return statusOf(
    grpc.status.INVALID_ARGUMENT,
    'BadRequest',
    'event_store.client.BadRequest',
    details.serializeBinary(),
  );
}
