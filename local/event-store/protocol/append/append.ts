import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { AppendReq, AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import type { Logger } from '../../../../shared/process/logger.ts';
import type { EventLog } from '../../log/event-log.ts';
import type { AppendOutcome, ExpectedRevision } from '../../log/stored-event.ts';
import { appendTimeout, invalidArgument, notReady, tooBusy, toRpcError } from '../rpc-error.ts';
import { appendableStream, EventCollector, expectation, WRITE_TIMEOUT_MS } from './proposed.ts';

/** Append: options first, then one message an event; answered when they are durable. */
export function append(log: EventLog, logger: Logger) {
  return (call: ServerReadableStream<AppendReq, AppendResp>, respond: sendUnaryData<AppendResp>): void => {
    receive(call)
      .then(async ({ stream, expected, events }) => {
        const deadline = Math.min(deadlineOf(call), Date.now() + WRITE_TIMEOUT_MS);
        const outcome = await log.append({ stream, expected, events, deadline });
        respond(null, toResponse(outcome, expected));
      })
      .catch((error: unknown) => respond(toRpcError(error, logger)));
  };
}

async function receive(call: ServerReadableStream<AppendReq, AppendResp>) {
  let header: { stream: string; expected: ExpectedRevision } | undefined;
  const collector = new EventCollector();
  for await (const request of call as AsyncIterable<AppendReq>) {
    if (!header) header = readHeader(request.getOptions());
    else {
      const message = request.getProposedMessage();
      if (!message) throw invalidArgument('Expected a proposed message.');
      collector.add(message);
    }
  }
  if (!header) throw invalidArgument('Expected options.');
  return { ...header, events: collector.events };
}

function readHeader(options: AppendReq.Options | undefined) {
  if (!options) throw invalidArgument('Expected options.');
  return {
    stream: appendableStream(options.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array()),
    expected: expectation(options, options.hasRevision() ? options.getRevision() : undefined),
  };
}

function deadlineOf(call: ServerReadableStream<AppendReq, AppendResp>): number {
  const deadline = call.getDeadline();
  return deadline instanceof Date ? deadline.getTime() : deadline;
}

function toResponse(outcome: AppendOutcome, expected: ExpectedRevision): AppendResp {
  switch (outcome.kind) {
    case 'appended':
      return success(outcome.revision, outcome.position);
    case 'wrong_expected_revision':
      return wrongExpectedVersion(expected, outcome.current);
    case 'not_ready':
      throw notReady();
    case 'too_busy':
      throw tooBusy();
    case 'timeout':
      throw appendTimeout();
    default:
      return outcome satisfies never;
  }
}

function success(revision: number, position: number | undefined): AppendResp {
  const result = new streams.AppendResp.Success();
  if (revision < 0) result.setNoStream(new shared.Empty());
  else result.setCurrentRevision(String(revision));
  if (position === undefined) result.setNoPosition(new shared.Empty());
  else {
    const place = new streams.AppendResp.Position();
    result.setPosition(place.setCommitPosition(String(position)).setPreparePosition(String(position)));
  }
  return new streams.AppendResp().setSuccess(result);
}

function wrongExpectedVersion(expected: ExpectedRevision, current: number): AppendResp {
  const result = new streams.AppendResp.WrongExpectedVersion();
  if (expected === 'any') result.setExpectedAny(new shared.Empty());
  else if (expected === 'no_stream') result.setExpectedNoStream(new shared.Empty());
  else if (expected === 'stream_exists') result.setExpectedStreamExists(new shared.Empty());
  else result.setExpectedRevision(String(expected));
  if (current < 0) result.setCurrentNoStream(new shared.Empty());
  else result.setCurrentRevision(String(current));
  return new streams.AppendResp().setWrongExpectedVersion(result);
}
