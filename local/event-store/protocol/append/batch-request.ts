import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import protobuf from 'google-protobuf';
import durationProto from 'google-protobuf/google/protobuf/duration_pb.js';
import timestampProto from 'google-protobuf/google/protobuf/timestamp_pb.js';

const OPTIONS = 2;
const DEADLINE_DURATION = 7;

/**
 * A request of BatchAppend. The options' field 7, `deadline_duration`, is younger than the generated module: it is read
 * from the bytes, and becomes the deadline that it means.
 */
export function deserializeBatchRequest(bytes: Buffer): BatchAppendReq {
  const request = streamsGrpc.StreamsService.batchAppend.requestDeserialize(bytes);
  const options = request.getOptions();
  if (!options || options.hasDeadline()) return request;
  const duration = fieldOf(fieldOf(bytes, OPTIONS), DEADLINE_DURATION);
  if (duration) {
    const parts = durationProto.Duration.deserializeBinary(duration);
    const deadline = new Date(Date.now() + parts.getSeconds() * 1_000 + parts.getNanos() / 1e6);
    options.setDeadline(timestampProto.Timestamp.fromDate(deadline));
  }
  return request;
}

/** The content of a length-delimited field. */
function fieldOf(message: Uint8Array | undefined, number: number): Uint8Array | undefined {
  const reader = message && new protobuf.BinaryReader(Uint8Array.from(message));
  while (reader?.nextField()) {
    if (reader.getFieldNumber() === number) return reader.readBytes();
    reader.skipField();
  }
  return undefined;
}
