import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import emptyProto from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampProto from 'google-protobuf/google/protobuf/timestamp_pb.js';
import {
  AppendRefused,
  EventStoreUnavailable,
  OutcomeUnknown,
  WrongExpectedRevision,
} from '../../event-log/errors.ts';
import type { ExpectedRevision, NewEvent } from '../../event-log/event-log.ts';
import { NOT_TRIED } from './faults.ts';

export interface Append {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

const uuid = (id: string) => new shared.UUID().setString(id);
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** The request of an append; `deadline` is an instant. */
export function toRequest(append: Append, correlationId: string, deadline: Date): BatchAppendReq {
  const options = new streams.BatchAppendReq.Options()
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(append.stream)))
    .setDeadline(timestampProto.Timestamp.fromDate(deadline));
  if (append.expected === 'no_stream') options.setNoStream(new emptyProto.Empty());
  else options.setStreamPosition(String(append.expected));
  return new streams.BatchAppendReq()
    .setCorrelationId(uuid(correlationId))
    .setOptions(options)
    .setProposedMessagesList(append.events.map(toMessage))
    .setIsFinal(true);
}

function toMessage(event: NewEvent): BatchAppendReq.ProposedMessage {
  const message = new streams.BatchAppendReq.ProposedMessage()
    .setId(uuid(event.id))
    .setData(json(event.data))
    .setCustomMetadata(json(event.metadata));
  message.getMetadataMap().set('type', event.type).set('content-type', 'application/json');
  return message;
}

/** Where the append's last event stands; the position is missing where an older EventStoreDB repeats an answer. */
export function toPlace(success: BatchAppendResp.Success) {
  const position = success.getPosition();
  return {
    revision: Number(success.getCurrentRevision()),
    position: position && {
      commit: BigInt(position.getCommitPosition()),
      prepare: BigInt(position.getPreparePosition()),
    },
  };
}

/** The node did not try the append: it is starting, busy, or not the leader. It may be sent again. */
export class NotTried extends EventStoreUnavailable {
  /** False: another append of the same call was refused so, and this one probably. */
  readonly sure: boolean;
  constructor(sure: boolean, options?: ErrorOptions) {
    super(options);
    this.sure = sure;
  }
}

/** No answer in time, or the node's answer that it had none: it may be frozen, or cut off from the others. */
export class TimedOut extends OutcomeUnknown {}

/** What an error status means for the caller. Whatever is not known for sure to have had no effect is unknown. */
export function toError(status: Status | undefined, stream: string): Error {
  const type = status?.getDetails()?.getTypeName();
  const message = status?.getMessage() ?? 'no status';
  const cause = new Error(`the event store answered: ${message}`);
  switch (type) {
    case 'event_store.client.WrongExpectedVersion':
      return new WrongExpectedRevision(stream, { cause });
    case 'event_store.client.MaximumAppendSizeExceeded':
    case 'event_store.client.MaximumAppendEventSizeExceeded':
    case 'event_store.client.AccessDenied':
    case 'event_store.client.StreamDeleted':
      return new AppendRefused(message, { cause });
    case 'event_store.client.BadRequest':
      return new AppendRefused(reasonOf(status) ?? message, { cause });
    case 'event_store.client.Timeout':
      return new TimedOut({ cause });
    default:
      // These come without details.
      return NOT_TRIED.test(message) ? new NotTried(true, { cause }) : new OutcomeUnknown({ cause });
  }
}

/** What a bad request lacks stands in its details; its message is always the same. */
const reasonOf = (status: Status | undefined) =>
  status
    ?.getDetails()
    ?.unpack(shared.BadRequest.deserializeBinary, 'event_store.client.BadRequest')
    ?.getMessage();
