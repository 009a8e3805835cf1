import type { StreamIdentifier } from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { AppendRequest, ExpectedRevision } from '../../log/stored-event.ts';
import { invalidArgument } from '../rpc-error.ts';
import {
  appendableStream,
  EventCollector,
  expectation,
  type ProposedMessage,
  WRITE_TIMEOUT_MS,
} from './proposed.ts';

/** An append whose parts are still coming: the first has its options, each has some of its events. */
export class Gathering {
  readonly identifier: StreamIdentifier;
  readonly expected: ExpectedRevision;
  /** Instant in milliseconds: the client's own, but not later than EventStoreDB waits for a write. */
  readonly deadline: number;
  readonly #stream: string;
  readonly #collector = new EventCollector();
  #timer: NodeJS.Timeout | undefined;

  /** @throws RpcError */
  constructor(options: BatchAppendReq.Options) {
    const identifier = options.getStreamIdentifier();
    if (!identifier) throw invalidArgument('Required field StreamIdentifier not set.');
    const limit = Date.now() + WRITE_TIMEOUT_MS;
    this.identifier = identifier;
    this.deadline = Math.min(options.getDeadline()?.toDate().getTime() ?? limit, limit);
    this.#stream = appendableStream(identifier.getStreamName_asU8());
    this.expected = expectation(
      options,
      options.hasStreamPosition() ? options.getStreamPosition() : undefined,
    );
  }

  /** Calls back if the last part has not come by the deadline. */
  start(onExpired: () => void): void {
    this.#timer = setTimeout(onExpired, this.deadline - Date.now());
  }

  /** @throws RpcError */
  add(messages: readonly ProposedMessage[]): void {
    for (const message of messages) this.#collector.add(message);
  }

  /** No more is to come. */
  end(): AppendRequest {
    clearTimeout(this.#timer);
    const { deadline, expected } = this;
    return { stream: this.#stream, expected, deadline, events: this.#collector.events };
  }
}
