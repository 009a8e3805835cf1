import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import grpc from '@grpc/grpc-js';

/** The type of the event that a test appends where the tombstone is to stand. */
export const TOMBSTONE = 'Tombstone';
const LAST_REVISION = String(2n ** 63n - 1n);

/** EventStoreDB's answer to a read of a stream that was tombstoned. (The local event store deletes nothing.) */
export function deletedStream(
  request: ReadReq,
  tombstoned: string | undefined,
): Partial<grpc.StatusObject> | undefined {
  const name = request.getOptions()?.getStream()?.getStreamIdentifier()?.getStreamName_asU8();
  if (!name || tombstoned === undefined || Buffer.from(name).toString() !== tombstoned) return undefined;
  const metadata = new grpc.Metadata();
  metadata.set('exception', 'stream-deleted');
  metadata.set('stream-name', tombstoned);
  return {
    code: grpc.status.FAILED_PRECONDITION,
    details: `Event stream '${tombstoned}' is deleted.`,
    metadata,
  };
}

/** The event with which such a stream ends, as readers of `$all` see it. */
export function asTombstone(message: ReadResp, tombstoned: string | undefined): ReadResp {
  const event = message.getEvent()?.getEvent();
  const properties = event?.getMetadataMap();
  if (!event || tombstoned === undefined || properties?.get('type') !== TOMBSTONE) return message;
  properties.set('type', '$streamDeleted');
  event.setStreamRevision(LAST_REVISION).setData('').setCustomMetadata('');
  return message;
}
