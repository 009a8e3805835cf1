import type { AppendResp, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServiceError } from '@grpc/grpc-js';
import type { Answer } from '../support/event-store/batch-call.ts';
import { uuidText } from '../support/event-store/uuid-text.ts';
import type { Names } from './names.ts';

/**
 * What a store answered, as plain values that are compared as they are. Positions are `bigint`: stores number their
 * logs as they like, so a position is compared as the event that stands there.
 */
export type Value =
  | string
  | number
  | bigint
  | boolean
  | undefined
  | readonly Value[]
  | { readonly [key: string]: Value };

export function appendAnswer(response: AppendResp): Value {
  const success = response.getSuccess();
  if (success) {
    const position = success.getPosition()?.getCommitPosition();
    return {
      appended: success.hasCurrentRevision() ? success.getCurrentRevision() : 'no stream',
      position: position === undefined ? undefined : BigInt(position),
    };
  }
  const wrong = response.getWrongExpectedVersion();
  return {
    wrongExpectedVersion: wrong?.hasCurrentRevision() ? wrong.getCurrentRevision() : 'no stream',
    expected: wrong?.hasExpectedRevision()
      ? wrong.getExpectedRevision()
      : wrong?.getExpectedRevisionOptionCase(),
  };
}

/** Without the reason of a bad request, which is each store's own text. */
export function batchAnswer({ stream, form, success, error }: Answer, names: Names): Value {
  if (success)
    return {
      stream: names.streamNumber(stream),
      form,
      appended: success.revision,
      position: success.position,
    };
  const details = error?.message === 'BadRequest' ? '' : error?.details;
  return {
    stream: names.streamNumber(stream),
    form,
    error: { code: error?.code, message: error?.message, type: error?.type, details },
  };
}

/** The texts by which clients know an error; others are each store's own. */
const KNOWN_TEXT = /InvalidPosition|Maximum Append Size|Server Is Not Ready/;

export function errorAnswer(error: ServiceError): Value {
  return {
    error: error.code,
    exception: error.metadata?.get('exception').join(),
    text: KNOWN_TEXT.exec(error.details)?.[0],
  };
}

/** Undefined for what clients don't look at, and for events of others. */
export function eventAnswer(response: ReadResp, names: Names): Value {
  const read = response.getEvent();
  const recorded = read?.getEvent();
  if (!read || !recorded) return undefined;
  const stream = names.streamNumber(
    Buffer.from(recorded.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(),
  );
  if (stream === undefined) return undefined;
  const properties = recorded.getMetadataMap();
  const data = Buffer.from(recorded.getData_asU8());
  return {
    stream,
    revision: recorded.getStreamRevision(),
    id: uuidText(recorded.getId()),
    type: properties.get('type'),
    contentType: properties.get('content-type'),
    data: data.length < 100 ? data.toString() : `${data.length} bytes`,
    position: BigInt(recorded.getCommitPosition()),
    samePositions: read.getCommitPosition() === recorded.getCommitPosition(),
  };
}
