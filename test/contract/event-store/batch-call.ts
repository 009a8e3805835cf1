import { randomUUID } from 'node:crypto';
import type { EventStoreDBClient } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import emptyProto from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampProto from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { eventually } from '../../support/eventually.ts';
import { rawCalls } from './raw-calls.ts';

/** One part of an append: the client's own API sends options once, and the last part always. */
export interface Part {
  readonly correlation?: string;
  /** Where given the part has options. */
  readonly stream?: string;
  /** The instant in field 6. */
  readonly deadline?: Date;
  /** Milliseconds in field 7, `deadline_duration`, which the client's generated module does not have. */
  readonly duration?: number;
  readonly events?: readonly { readonly type?: string; readonly data?: string }[];
  readonly final?: boolean;
}

/** What was answered to one append. */
export interface Answer {
  readonly correlation: string;
  readonly form: 'string' | 'structured';
  readonly stream: string;
  readonly revision?: number;
  readonly error?: { readonly code: number; readonly message: string; readonly details: string };
}

/** A call of BatchAppend, part by part. */
export async function batchCall(client: EventStoreDBClient) {
  const call = (await rawCalls(client)).batchAppend(serialize);
  const answers: Answer[] = [];
  let failure: Error | undefined;
  call.on('data', (response: BatchAppendResp) => answers.push(toAnswer(response)));
  call.on('error', (error: Error) => {
    failure = error;
  });
  return {
    answers,
    send: (part: Part) => void call.write({ correlation: randomUUID(), ...part }),
    answer: (correlation: string) =>
      eventually('an answer', () => {
        if (failure) throw failure;
        return answers.find((answer) => answer.correlation === correlation);
      }),
    close: () => call.cancel(),
  };
}

function serialize(part: Part): Buffer {
  const request = new streams.BatchAppendReq()
    .setCorrelationId(new shared.UUID().setString(part.correlation ?? ''))
    .setIsFinal(part.final ?? false)
    .setProposedMessagesList((part.events ?? []).map(proposed));
  const bytes = [request.serializeBinary()];
  if (part.stream !== undefined) {
    const options = optionsOf(part);
    bytes.push(Uint8Array.of((2 << 3) | 2), varint(options.length), options);
  }
  return Buffer.concat(bytes);
}

function optionsOf({ stream = '', deadline, duration }: Part): Uint8Array {
  const options = new streams.BatchAppendReq.Options()
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)))
    .setNoStream(new emptyProto.Empty());
  if (deadline) options.setDeadline(timestampProto.Timestamp.fromDate(deadline));
  if (duration === undefined) return options.serializeBinary();
  // A `google.protobuf.Duration`: whole seconds in field 1, signed as 64 bits; nanoseconds of the same sign in field 2.
  const seconds = Math.trunc(duration / 1_000);
  const parts = [
    Uint8Array.of(1 << 3),
    varint(seconds),
    Uint8Array.of(2 << 3),
    varint((duration - seconds * 1_000) * 1e6),
  ];
  const message = Buffer.concat(parts);
  return Buffer.concat([
    options.serializeBinary(),
    Uint8Array.of((7 << 3) | 2),
    varint(message.length),
    message,
  ]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}

function proposed({ type, data }: { readonly type?: string; readonly data?: string }) {
  const message = new streams.BatchAppendReq.ProposedMessage()
    .setId(new shared.UUID().setString(randomUUID()))
    .setData(Buffer.from(data ?? '{}'));
  message.getMetadataMap().set('content-type', 'application/json');
  if (type !== undefined) message.getMetadataMap().set('type', type);
  return message;
}

function toAnswer(response: BatchAppendResp): Answer {
  const id = response.getCorrelationId();
  const error = response.getError();
  const details = error?.getDetails();
  const badRequest = details?.unpack(shared.BadRequest.deserializeBinary, 'event_store.client.BadRequest');
  return {
    correlation: textOf(id),
    form: id?.hasStructured() ? 'structured' : 'string',
    stream: Buffer.from(response.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(),
    ...(response.hasSuccess() ? { revision: Number(response.getSuccess()?.getCurrentRevision()) } : {}),
    ...(error
      ? {
          error: {
            code: error.getCode(),
            message: error.getMessage(),
            details: badRequest?.getMessage() ?? '',
          },
        }
      : {}),
  };
}

function textOf(id: InstanceType<typeof shared.UUID> | undefined): string {
  const structured = id?.getStructured();
  if (!structured) return id?.getString() ?? '';
  const half = (bits: string) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0');
  const hex = half(structured.getMostSignificantBits()) + half(structured.getLeastSignificantBits());
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}
