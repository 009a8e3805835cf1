import type { Position } from './position.ts';

/** An event as it is handed to the log. `id` decides whether a repeated append is the same one. */
export interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** An event as the log holds it. `created` is the server's time, in milliseconds. */
export interface RecordedEvent extends NewEvent {
  readonly stream: string;
  /** Its place in its stream, from 0. */
  readonly revision: number;
  readonly position: Position;
  readonly created: Date;
  /** Set where data or metadata are not JSON objects, and why: another program wrote it. Both are empty then. */
  readonly unreadable?: string;
}

/** Where a stream must end for an append to be accepted. There is no "any", on purpose. */
export type ExpectedRevision = 'no_stream' | number;

export interface AppendResult {
  /** Revision of the last event appended. */
  readonly revision: number;
  /** Position of the last event appended. */
  readonly position: Position;
}

/** What a catch-up subscription yields (in batches), in the log's order. */
export type FeedMessage =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  /** Everything up to `position` has been yielded; nothing before it will come again. */
  | { readonly kind: 'checkpoint'; readonly position: Position };

export interface ReadStreamOptions {
  /** First revision to read; default 0 forwards, the end backwards. */
  readonly from?: number;
  readonly direction?: 'forwards' | 'backwards';
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface ReadAllOptions {
  /** Read behind (forwards) or before (backwards) this position; default the start, or the end. */
  readonly from?: Position;
  readonly direction?: 'forwards' | 'backwards';
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface SubscribeOptions {
  /** Events behind this position (exclusive), or all of them. */
  readonly after: Position | 'start';
  /** Server-side filter: streams whose name starts with one of these. Never by type. */
  readonly streamPrefixes: readonly string[];
  readonly signal: AbortSignal;
}

/** The event log as this system uses it: the port that `shared/adapters/eventstoredb` implements. */
export interface EventLog {
  /**
   * Appends all events or none, and answers when they are durable.
   * @throws WrongExpectedRevision the stream does not end where it was expected to
   * @throws OutcomeUnknown the deadline passed or the connection broke: read the stream before deciding
   * @throws EventStoreUnavailable nothing was written: there is no connection, or the store could not take it
   * @throws AppendRefused it is too large, or malformed (a fault: trying again changes nothing)
   */
  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
    options: { readonly deadlineMs: number },
  ): Promise<AppendResult>;

  /** The stream's events in order; nothing for a stream that does not exist. @throws StreamDeleted */
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent>;

  /**
   * The events of all streams in the log's order, without the event store's own (streams named `$…`).
   * @throws PositionNotInLog the store can tell that `from` is not one of its log's positions
   */
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;

  /** The event that stands exactly at `position`, if there is one. */
  readEventAt(position: Position): Promise<RecordedEvent | undefined>;

  /**
   * Catches up from `after`, then goes on live until the signal aborts (the iteration then ends without error).
   * Yields what has arrived, as one non-empty batch in the log's order, so that a fast feed costs one promise a
   * batch and not one an event (which costs a fifth of the rate). Back-pressure is the consumer's: nothing is read
   * ahead without bound. A checkpoint stands behind every event it covers.
   * @throws EventStoreUnavailable the connection was lost; subscribe again from the last checkpoint
   * @throws PositionNotInLog the store can tell that `after` is not one of its log's positions
   * @throws EventUnreadable an event is not of the form that this system writes; what came before it was yielded
   */
  subscribe(options: SubscribeOptions): AsyncIterable<readonly FeedMessage[]>;

  /** Resolves if the log answers now. @throws EventStoreUnavailable */
  ping(): Promise<void>;

  close(): Promise<void>;
}
