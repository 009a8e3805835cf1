import { randomUUID } from 'node:crypto';
import { EventStoreDBClient } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import type { ServiceError } from '@grpc/grpc-js';
import { type BatchCall, batchCall } from '../support/event-store/batch-call.ts';
import { proposedMessage } from '../support/event-store/proposed.ts';
import { rawCalls } from '../support/event-store/raw-calls.ts';
import { appendAnswer, batchAnswer, errorAnswer, eventAnswer, type Value } from './answers.ts';
import type { Names } from './names.ts';
import type { Operation } from './operation.ts';
import { type AllRead, allReadRequest, streamReadRequest } from './read-request.ts';

/** Something that carries out a run's calls, and says where in its log the run's events stand. */
export interface Store {
  /** Never rejects: an error is an answer, too. @param place where the call stands in its run */
  perform(operation: Operation, names: Names, place: number): Promise<Value>;
  /** Positions of the run's events, in the log's order. */
  positions(names: Names): Promise<bigint[]>;
  close(): Promise<void>;
}

const STREAMS = [0, 1, 2];
/** An append's own deadline, where the operation has none. */
const AMPLE_MS = 30_000;
/** An append that is not answered in this time never is: the server's own timer is at 2 s. */
const PATIENCE_MS = 6_000;
/** Further than any log reaches. */
const FAR = 1_000_000_000_000n;

/** A store over gRPC, by the protocol itself: the official client hides some of what is compared. */
export async function connectStore(connectionString: string): Promise<Store> {
  const client = EventStoreDBClient.connectionString(connectionString);
  const raw = await rawCalls(client);
  let batches = await batchCall(client);

  async function read(request: ReadReq, names: Names): Promise<Value> {
    const seen: Value[] = [];
    const checkpoints: bigint[] = [];
    const call = raw.read(request);
    try {
      for await (const response of call) {
        const event = eventAnswer(response, names);
        if (event !== undefined) seen.push(event);
        else if (response.hasStreamNotFound()) seen.push('stream not found');
        else if (response.hasConfirmation()) seen.push('confirmation');
        else if (response.hasCheckpoint())
          checkpoints.push(BigInt(response.getCheckpoint()?.getCommitPosition() ?? 0));
        else if (response.hasCaughtUp()) {
          seen.push('caught up');
          break;
        }
      }
    } catch (error) {
      seen.push(errorAnswer(error as ServiceError));
    }
    call.cancel();
    // Which ones come is each store's own affair; that they rise, so that none comes twice, is not.
    return {
      seen,
      checkpointsRise: checkpoints.every(
        (position, n) => n === 0 || position > (checkpoints[n - 1] as bigint),
      ),
    };
  }

  async function positions(names: Names): Promise<bigint[]> {
    const found: bigint[] = [];
    for (const stream of STREAMS) {
      const request = streamReadRequest({ call: 'readStream', stream, from: 'start' }, names);
      for await (const response of raw.read(request)) {
        if (response.hasEvent())
          found.push(BigInt(response.getEvent()?.getEvent()?.getCommitPosition() ?? 0));
      }
    }
    return found.sort((a, b) => (a < b ? -1 : 1));
  }

  async function readAll(operation: AllRead, names: Names): Promise<Value> {
    const { from } = operation;
    if (from === 'end') return read(allReadRequest(operation, names, 'end'), names);
    const known = await positions(names);
    const last = known.at(-1);
    if (last === undefined) return 'there is no event to read from';
    const position = from === 'beyond' ? last + FAR : (known[from % known.length] as bigint);
    return read(allReadRequest(operation, names, position), names);
  }

  return {
    positions,
    close: async () => {
      batches.close();
      await client.dispose();
    },
    perform: async (operation, names, place) => {
      switch (operation.call) {
        case 'append':
          return raw.append(appendRequests(operation, names, place)).then(appendAnswer, errorAnswer);
        case 'batchAppend':
          if (batches.failure()) batches = await batchCall(client);
          return batchAppend(batches, operation, names, place);
        case 'readStream':
        case 'subscribeToStream':
          return read(streamReadRequest(operation, names), names);
        case 'readAll':
        case 'subscribeToAll':
          return readAll(operation, names);
        default:
          return operation satisfies never;
      }
    },
  };
}

function appendRequests(
  { stream, expected, events }: Extract<Operation, { call: 'append' }>,
  names: Names,
  place: number,
) {
  const name = new shared.StreamIdentifier().setStreamName(Buffer.from(names.stream(stream)));
  const options = new messages.AppendReq.Options().setStreamIdentifier(name);
  if (expected === 'any') options.setAny(new shared.Empty());
  else if (expected === 'no_stream') options.setNoStream(new shared.Empty());
  else if (expected === 'stream_exists') options.setStreamExists(new shared.Empty());
  else options.setRevision(String(expected));
  return [
    new messages.AppendReq().setOptions(options),
    ...events.map((event) => {
      const message = new messages.AppendReq.ProposedMessage();
      return new messages.AppendReq().setProposedMessage(
        proposedMessage(message, names.proposed(event, place)),
      );
    }),
  ];
}

async function batchAppend(
  batches: BatchCall,
  operation: Extract<Operation, { call: 'batchAppend' }>,
  names: Names,
  place: number,
): Promise<Value> {
  const correlation = randomUUID();
  const { deadline = { field: 'instant', ms: AMPLE_MS } } = operation;
  const options = {
    stream: names.stream(operation.stream),
    expected: operation.expected,
    ...(deadline.field === 'instant'
      ? { deadline: new Date(Date.now() + deadline.ms) }
      : { duration: deadline.ms }),
  };
  for (const [n, events] of operation.parts.entries()) {
    batches.send({
      correlation,
      ...(n === 0 || operation.optionsAgain ? options : {}),
      events: events.map((event) => names.proposed(event, place)),
      final: n === operation.parts.length - 1 && !operation.unfinished,
    });
  }
  const answer = await batches.answer(correlation, PATIENCE_MS).catch(() => undefined);
  if (answer) return batchAnswer(answer, names);
  const failure = batches.failure();
  return failure ? errorAnswer(failure) : 'no answer';
}
