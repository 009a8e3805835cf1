import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import timestampProto from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { lengthField, varintField, WireReader } from '../../../../shared/adapters/eventstoredb/wire.ts';

const OPTIONS = lengthField(2);
const DEADLINE_DURATION = lengthField(7);
const SECONDS = varintField(1);
const NANOS = varintField(2);

/**
 * A request of BatchAppend. The options' field 7, `deadline_duration`, is younger than the generated module: it is read
 * from the bytes, and becomes the deadline that it means.
 */
export function deserializeBatchRequest(bytes: Buffer): BatchAppendReq {
  const request = streamsGrpc.StreamsService.batchAppend.requestDeserialize(bytes);
  const options = request.getOptions();
  if (!options || options.hasDeadline()) return request;
  const duration = fieldOf(fieldOf(new WireReader(bytes), OPTIONS), DEADLINE_DURATION);
  if (duration) {
    const deadline = new Date(Date.now() + milliseconds(duration));
    options.setDeadline(timestampProto.Timestamp.fromDate(deadline));
  }
  return request;
}

/** The first message of that tag inside another. */
function fieldOf(message: WireReader | undefined, wanted: number): WireReader | undefined {
  for (let tag = message?.next(); message && tag; tag = message.next()) {
    if (tag === wanted) return message.message();
    message.ignore(tag);
  }
  return undefined;
}

/** Of a `google.protobuf.Duration`, whose parts are signed. */
function milliseconds(duration: WireReader): number {
  let total = 0;
  for (let tag = duration.next(); tag; tag = duration.next()) {
    if (tag === SECONDS) total += signed(duration) * 1_000;
    else if (tag === NANOS) total += signed(duration) / 1e6;
    else duration.ignore(tag);
  }
  return total;
}

const signed = (reader: WireReader): number => Number(BigInt.asIntN(64, reader.uint64()));
