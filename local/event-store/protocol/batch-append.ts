import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import emptyProto from 'google-protobuf/google/protobuf/empty_pb.js';
import type { EventLog } from '../log/event-log.ts';
import type { AppendOutcome, ExpectedRevision } from '../log/stored-event.ts';
import { WRITE_TIMEOUT_MS } from './append.ts';
import { notHandled, refused, timeout, wrongExpectedVersion } from './append-status.ts';
import { appendableStream, EventCollector, expectation } from './proposed.ts';
import { closingError, invalidArgument, toRpcError } from './rpc-error.ts';
import { parseUuid } from './uuid.ts';

type Call = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

interface Gathering {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly deadline: number;
  readonly collector: EventCollector;
}

/** A client that sends more than this without waiting for answers is not read from until some are answered. */
const MAX_IN_FLIGHT = 2_000;

/** BatchAppend: any number of appends over one call, each in one or several requests, answered as they are settled. */
export class BatchAppendCall {
  readonly #log: EventLog;
  readonly #call: Call;
  readonly #gathering = new Map<string, Gathering>();
  #inFlight = 0;
  /** The client has sent all it wants to. */
  #ended = false;
  #closing = false;

  constructor(log: EventLog, call: Call) {
    this.#log = log;
    this.#call = call;
    call.on('data', (request: BatchAppendReq) => this.#receive(request));
    call.on('end', () => {
      this.#ended = true;
      this.#endWhenAnswered();
    });
  }

  /** Takes no further appends, answers those that were taken, and ends the call as unavailable. */
  close(): void {
    this.#call.pause();
    this.#closing = true;
    this.#endWhenAnswered();
  }

  #receive(request: BatchAppendReq): void {
    const correlation = request.getCorrelationId();
    const id = parseUuid(correlation) ?? '';
    const options = request.getOptions();
    try {
      if (options) this.#gathering.set(id, gather(options));
      const gathering = this.#gathering.get(id);
      // The rest of an append that was refused already.
      if (!gathering) return;
      for (const message of request.getProposedMessagesList()) gathering.collector.add(message);
      if (!request.getIsFinal()) return;
      this.#gathering.delete(id);
      this.#append(correlation, gathering);
    } catch (error) {
      this.#gathering.delete(id);
      this.#answer(correlation, options, refused(toRpcError(error)));
    }
  }

  #append(correlation: UUID | undefined, gathering: Gathering): void {
    const { stream, expected, deadline, collector } = gathering;
    if (deadline <= Date.now()) {
      this.#answer(correlation, stream, timeout());
      return;
    }
    this.#inFlight++;
    if (this.#inFlight === MAX_IN_FLIGHT) this.#call.pause();
    void this.#log.append({ stream, expected, deadline, events: collector.events }).then((outcome) => {
      this.#inFlight--;
      if (this.#inFlight === MAX_IN_FLIGHT - 1 && !this.#closing) this.#call.resume();
      this.#answer(correlation, stream, toResult(outcome, expected));
      this.#endWhenAnswered();
    });
  }

  #answer(
    correlation: UUID | undefined,
    to: string | BatchAppendReq.Options | undefined,
    result: Status | BatchAppendResp.Success,
  ): void {
    if (this.#call.cancelled || this.#call.destroyed) return;
    const response = new streams.BatchAppendResp().setCorrelationId(correlation);
    if (typeof to === 'string') {
      response.setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(to)));
    } else response.setStreamIdentifier(to?.getStreamIdentifier());
    if (result instanceof streams.BatchAppendResp.Success) response.setSuccess(result);
    else response.setError(result);
    this.#call.write(response);
  }

  #endWhenAnswered(): void {
    if (this.#inFlight > 0 || this.#call.writableEnded) return;
    // Not simply ended: a client whose call ends without an error goes on using it.
    if (this.#closing) this.#call.emit('error', closingError());
    else if (this.#ended) this.#call.end();
  }
}

/** @throws RpcError */
function gather(options: BatchAppendReq.Options): Gathering {
  const identifier = options.getStreamIdentifier();
  if (!identifier) throw invalidArgument('Required field StreamIdentifier not set.');
  const requested = options.getDeadline();
  const limit = Date.now() + WRITE_TIMEOUT_MS;
  return {
    stream: appendableStream(identifier.getStreamName_asU8()),
    expected: expectation(options, options.hasStreamPosition() ? options.getStreamPosition() : undefined),
    deadline: requested ? Math.min(requested.toDate().getTime(), limit) : limit,
    collector: new EventCollector(),
  };
}

function toResult(outcome: AppendOutcome, expected: ExpectedRevision): Status | BatchAppendResp.Success {
  switch (outcome.kind) {
    case 'appended':
      return success(outcome.revision, outcome.position);
    case 'wrong_expected_revision':
      return wrongExpectedVersion(expected, outcome.current);
    case 'timeout':
      return timeout();
    case 'not_ready':
    case 'too_busy':
      return notHandled(outcome.kind);
    default:
      return outcome satisfies never;
  }
}

function success(revision: number, position: number | undefined): BatchAppendResp.Success {
  const result = new streams.BatchAppendResp.Success();
  if (revision < 0) result.setNoStream(new emptyProto.Empty());
  else result.setCurrentRevision(String(revision));
  if (position === undefined) return result.setNoPosition(new emptyProto.Empty());
  const place = new shared.AllStreamPosition();
  return result.setPosition(place.setCommitPosition(String(position)).setPreparePosition(String(position)));
}
