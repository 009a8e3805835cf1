import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import emptyProto from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Logger } from '../../../../shared/process/logger.ts';
import type { EventLog } from '../../log/event-log.ts';
import type { AppendOutcome, ExpectedRevision } from '../../log/stored-event.ts';
import { invalidArgument, notReady, toRpcError } from '../rpc-error.ts';
import { parseUuid, structuredUuid } from '../uuid.ts';
import { notHandled, refused, timeout, wrongExpectedVersion } from './append-status.ts';
import { Gathering } from './gathering.ts';

type Call = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

/** A client that sends more than this without waiting for answers is not read from until some are answered. */
const MAX_IN_FLIGHT = 2_000;

/** BatchAppend: any number of appends over one call, each in one or several requests, answered as they are settled. */
export class BatchAppendCall {
  readonly #log: EventLog;
  readonly #call: Call;
  readonly #logger: Logger;
  readonly #gatherings = new Map<string, Gathering>();
  #inFlight = 0;
  /** The client has sent all it wants to. */
  #ended = false;
  #closing = false;

  constructor(log: EventLog, call: Call, logger: Logger) {
    this.#log = log;
    this.#call = call;
    this.#logger = logger;
    call.on('data', (request: BatchAppendReq) => this.#receive(request));
    call.on('close', () => this.#dropGatherings());
    call.on('end', () => {
      this.#ended = true;
      this.#dropGatherings();
      this.#endWhenAnswered();
    });
  }

  /** Takes no further appends, answers those that were taken, and ends the call as unavailable. */
  close(): void {
    this.#call.pause();
    this.#closing = true;
    this.#dropGatherings();
    this.#endWhenAnswered();
  }

  #receive(request: BatchAppendReq): void {
    const correlation = request.getCorrelationId();
    const id = parseUuid(correlation);
    const options = request.getOptions();
    let gathering = id === undefined ? undefined : this.#gatherings.get(id);
    try {
      if (id === undefined) throw invalidArgument('Empty or malformed correlation id.');
      // Options that come again change nothing: the first ones hold.
      gathering ??= options && this.#begin(id, correlation, options);
      // The rest of an append that was refused, or ran out of time.
      if (!gathering) return;
      gathering.add(request.getProposedMessagesList());
      if (!request.getIsFinal()) return;
      this.#gatherings.delete(id);
      this.#append(correlation, gathering);
    } catch (error) {
      gathering?.end();
      this.#gatherings.delete(id ?? '');
      const identifier = gathering?.identifier ?? options?.getStreamIdentifier();
      this.#answer(correlation, identifier, refused(toRpcError(error, this.#logger)));
    }
  }

  /** Undefined if it came too late already. @throws RpcError */
  #begin(id: string, correlation: UUID | undefined, options: BatchAppendReq.Options): Gathering | undefined {
    const gathering = new Gathering(options);
    if (gathering.deadline <= Date.now()) {
      this.#answer(correlation, gathering.identifier, timeout());
      return undefined;
    }
    this.#gatherings.set(id, gathering);
    gathering.start(() => {
      this.#gatherings.delete(id);
      // EventStoreDB answers in this form here, whichever the client used.
      this.#answer(structuredUuid(id), gathering.identifier, timeout());
    });
    return gathering;
  }

  #append(correlation: UUID | undefined, gathering: Gathering): void {
    const { identifier, expected } = gathering;
    this.#inFlight++;
    if (this.#inFlight === MAX_IN_FLIGHT) this.#call.pause();
    void this.#log.append(gathering.end()).then((outcome) => {
      this.#inFlight--;
      if (this.#inFlight === MAX_IN_FLIGHT - 1 && !this.#closing) this.#call.resume();
      this.#answer(correlation, identifier, toResult(outcome, expected));
      this.#endWhenAnswered();
    });
  }

  /** Always with the stream's identifier: the official client throws in its callback without one. */
  #answer(
    correlation: UUID | undefined,
    identifier: StreamIdentifier | undefined,
    result: Status | BatchAppendResp.Success,
  ): void {
    if (this.#call.cancelled || this.#call.destroyed) return;
    const response = new streams.BatchAppendResp()
      .setCorrelationId(correlation)
      .setStreamIdentifier(identifier);
    if (result instanceof streams.BatchAppendResp.Success) response.setSuccess(result);
    else response.setError(result);
    this.#call.write(response);
  }

  #endWhenAnswered(): void {
    if (this.#inFlight > 0 || this.#call.writableEnded) return;
    // Not simply ended: a client whose call ends without an error goes on using it.
    if (this.#closing) this.#call.emit('error', notReady());
    else if (this.#ended) this.#call.end();
  }

  #dropGatherings(): void {
    for (const gathering of this.#gatherings.values()) gathering.end();
    this.#gatherings.clear();
  }
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
