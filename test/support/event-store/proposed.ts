import { randomUUID } from 'node:crypto';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { AppendReq, BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';

export type Expected = 'any' | 'no_stream' | 'stream_exists' | number;

/** An event as it is proposed; whole unless something is said otherwise. An empty type or content type is left out. */
export interface Proposed {
  readonly id?: string;
  readonly type?: string;
  readonly contentType?: string;
  readonly data?: string;
}

/** Fills in a message of either call that appends. */
export function proposedMessage<M extends AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage>(
  message: M,
  { id = randomUUID(), type = 'TestHappened', contentType = 'application/json', data = '{}' }: Proposed,
): M {
  message.setId(new shared.UUID().setString(id));
  message.setData(Buffer.from(data));
  if (type !== '') message.getMetadataMap().set('type', type);
  if (contentType !== '') message.getMetadataMap().set('content-type', contentType);
  return message;
}
