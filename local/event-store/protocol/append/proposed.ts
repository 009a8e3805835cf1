import type { AppendReq, BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { ExpectedRevision, ProposedEvent } from '../../log/stored-event.ts';
import { appendTooLarge, invalidArgument, missingMetadata, unimplemented } from '../rpc-error.ts';
import { storable, streamName } from '../stream-name.ts';
import { parseUuid } from '../uuid.ts';

/** EventStoreDB's default for the events of one append together. */
export const MAX_APPEND_BYTES = 1024 * 1024;

/** EventStoreDB's own limit for a write; a client's deadline may be earlier. */
export const WRITE_TIMEOUT_MS = 2_000;

export type ProposedMessage = AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage;

/** @throws RpcError a field that an event needs is missing or malformed */
function toProposedEvent(message: ProposedMessage): ProposedEvent {
  const metadata = message.getMetadataMap();
  const type = metadata.get('type');
  if (type === undefined) throw missingMetadata('type');
  if (type === '' || !storable(type)) throw invalidArgument('Invalid event type.');
  const contentType = metadata.get('content-type');
  if (contentType === undefined) throw missingMetadata('content-type');
  const id = parseUuid(message.getId());
  if (id === undefined) throw invalidArgument('Empty or malformed event id.');
  return {
    id,
    type,
    isJson: contentType === 'application/json',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

/** Collects the events of one append, and refuses it once they are too large together. */
export class EventCollector {
  readonly events: ProposedEvent[] = [];
  #bytes = 0;

  /** @throws RpcError */
  add(message: ProposedMessage): void {
    const event = toProposedEvent(message);
    this.#bytes += event.data.length + event.metadata.length + 2 * event.type.length;
    if (this.#bytes > MAX_APPEND_BYTES) throw appendTooLarge(MAX_APPEND_BYTES);
    this.events.push(event);
  }
}

/**
 * The stream's name, if it is one that can be appended to.
 * @throws RpcError names starting with `$` are EventStoreDB's own (metadata, links, `$all`)
 */
export function appendableStream(name: Uint8Array): string {
  const stream = streamName(name);
  if (stream.startsWith('$')) throw unimplemented(`appending to ${stream}`);
  return stream;
}

interface ExpectationFields {
  hasAny(): boolean;
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
}

/** @throws RpcError nothing was expected */
export function expectation(options: ExpectationFields, revision: string | undefined): ExpectedRevision {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  if (revision === undefined) throw invalidArgument('No expected revision was given.');
  return Number(revision);
}
