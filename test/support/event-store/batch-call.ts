import { randomUUID } from 'node:crypto';
import type { EventStoreDBClient } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServiceError } from '@grpc/grpc-js';
import emptyProto from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampProto from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { eventually } from '../eventually.ts';
import { type Expected, type Proposed, proposedMessage } from './proposed.ts';
import { rawCalls } from './raw-calls.ts';
import { uuidText } from './uuid-text.ts';
import { lengthDelimited, varintField } from './wire.ts';

/** One part of an append: the client's own API sends options once, and the last part always. */
export interface Part {
  readonly correlation?: string;
  /** Where given the part has options. */
  readonly stream?: string;
  readonly expected?: Expected;
  /** The instant in field 6. */
  readonly deadline?: Date;
  /** Milliseconds in field 7, `deadline_duration`, which the client's generated module does not have. */
  readonly duration?: number;
  readonly events?: readonly Proposed[];
  readonly final?: boolean;
}

/** What was answered to one append. */
export interface Answer {
  readonly correlation: string;
  readonly form: 'string' | 'structured';
  readonly stream: string;
  readonly success?: { readonly revision: string; readonly position: bigint | undefined };
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly type: string;
    /** The stream's revision, of a wrong expected version; what is wrong, of a bad request. */
    readonly details: string;
  };
}

/** A call of BatchAppend over a client's connection, part by part. */
export async function batchCall(client: EventStoreDBClient) {
  const call = (await rawCalls(client)).batchAppend(serialize);
  const answers: Answer[] = [];
  let failure: ServiceError | undefined;
  call.on('data', (response: BatchAppendResp) => answers.push(toAnswer(response)));
  call.on('error', (error: ServiceError) => {
    failure = error;
  });
  return {
    answers,
    send: (part: Part) => void call.write({ correlation: randomUUID(), ...part }),
    /** Undefined if the call ended without one. @throws Error none came in time */
    answer: async (correlation: string, timeoutMs?: number) => {
      const find = () => answers.find((answer) => answer.correlation === correlation);
      await eventually('an answer', () => find() !== undefined || failure !== undefined, timeoutMs);
      return find();
    },
    /** What the call ended with. */
    failure: () => failure,
    close: () => call.cancel(),
  };
}

export type BatchCall = Awaited<ReturnType<typeof batchCall>>;

function serialize(part: Part): Buffer {
  const request = new streams.BatchAppendReq()
    .setCorrelationId(new shared.UUID().setString(part.correlation ?? ''))
    .setIsFinal(part.final ?? false)
    .setProposedMessagesList(
      (part.events ?? []).map((event) =>
        proposedMessage(new streams.BatchAppendReq.ProposedMessage(), event),
      ),
    );
  const options = part.stream === undefined ? Buffer.alloc(0) : lengthDelimited(2, optionsOf(part));
  return Buffer.concat([request.serializeBinary(), options]);
}

function optionsOf({ stream = '', expected = 'no_stream', deadline, duration }: Part): Uint8Array {
  const options = new streams.BatchAppendReq.Options().setStreamIdentifier(
    new shared.StreamIdentifier().setStreamName(Buffer.from(stream)),
  );
  if (expected === 'any') options.setAny(new emptyProto.Empty());
  else if (expected === 'no_stream') options.setNoStream(new emptyProto.Empty());
  else if (expected === 'stream_exists') options.setStreamExists(new emptyProto.Empty());
  else options.setStreamPosition(String(expected));
  if (deadline) options.setDeadline(timestampProto.Timestamp.fromDate(deadline));
  if (duration === undefined) return options.serializeBinary();
  // A `google.protobuf.Duration`: whole seconds, and nanoseconds of the same sign.
  const seconds = Math.trunc(duration / 1_000);
  const message = [varintField(1, seconds), varintField(2, (duration - seconds * 1_000) * 1e6)];
  return Buffer.concat([options.serializeBinary(), lengthDelimited(7, Buffer.concat(message))]);
}

function toAnswer(response: BatchAppendResp): Answer {
  const id = response.getCorrelationId();
  const success = response.getSuccess();
  const error = response.getError();
  const position = success?.getPosition()?.getCommitPosition();
  return {
    correlation: uuidText(id),
    form: id?.hasStructured() ? 'structured' : 'string',
    stream: Buffer.from(response.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(),
    ...(success && {
      success: {
        revision: success.hasCurrentRevision() ? success.getCurrentRevision() : 'none',
        position: position === undefined ? undefined : BigInt(position),
      },
    }),
    ...(error && {
      error: {
        code: error.getCode(),
        message: error.getMessage(),
        type: error.getDetails()?.getTypeName() ?? '',
        details: detailsOf(error),
      },
    }),
  };
}

function detailsOf(error: Status): string {
  const details = error.getDetails();
  const wrong = details?.unpack(
    shared.WrongExpectedVersion.deserializeBinary,
    'event_store.client.WrongExpectedVersion',
  );
  if (wrong) return wrong.hasCurrentStreamRevision() ? wrong.getCurrentStreamRevision() : 'no stream';
  const bad = details?.unpack(shared.BadRequest.deserializeBinary, 'event_store.client.BadRequest');
  return bad?.getMessage() ?? '';
}
