import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Position } from '../../event-log/position.ts';

export type Direction = 'forwards' | 'backwards';

/** Events that the server looks at between two checkpoints: its smallest step (32) times this. */
const CHECKPOINT_INTERVAL = 32;

const empty = () => new shared.Empty();

function read(direction: Direction): ReadReq.Options {
  return new streams.ReadReq.Options()
    .setReadDirection(direction === 'forwards' ? 0 : 1)
    .setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(empty()))
    .setNoFilter(empty());
}

const countOf = (limit = Number.MAX_SAFE_INTEGER) => String(limit);

/** A stream from a revision on, inclusive; from its start (or, backwards, its end) without one. */
export function streamRequest(
  stream: string,
  direction: Direction,
  from: number | undefined,
  limit: number | undefined,
): ReadReq {
  const name = new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
  const place = new streams.ReadReq.Options.StreamOptions().setStreamIdentifier(name);
  if (from !== undefined) place.setRevision(String(from));
  else if (direction === 'forwards') place.setStart(empty());
  else place.setEnd(empty());
  return new streams.ReadReq().setOptions(read(direction).setStream(place).setCount(countOf(limit)));
}

/** `$all` from a position on: inclusive forwards, exclusive backwards, as EventStoreDB counts. */
export function allRequest(
  direction: Direction,
  from: Position | undefined,
  limit: number | undefined,
): ReadReq {
  const options = read(direction).setAll(placeInAll(direction, from)).setCount(countOf(limit));
  return new streams.ReadReq().setOptions(options);
}

/** `$all` after a position, live, of the streams whose names start with one of the prefixes. */
export function subscriptionRequest(after: Position | 'start', prefixes: readonly string[]): ReadReq {
  const expression = new streams.ReadReq.Options.FilterOptions.Expression().setPrefixList([...prefixes]);
  const filter = new streams.ReadReq.Options.FilterOptions()
    .setStreamIdentifier(expression)
    .setCount(empty())
    .setCheckpointintervalmultiplier(CHECKPOINT_INTERVAL);
  const options = read('forwards')
    .setAll(placeInAll('forwards', after === 'start' ? undefined : after))
    .setSubscription(new streams.ReadReq.Options.SubscriptionOptions())
    .setFilter(filter);
  return new streams.ReadReq().setOptions(options);
}

function placeInAll(direction: Direction, from: Position | undefined): ReadReq.Options.AllOptions {
  const place = new streams.ReadReq.Options.AllOptions();
  if (!from) return direction === 'forwards' ? place.setStart(empty()) : place.setEnd(empty());
  const position = new streams.ReadReq.Options.Position()
    .setCommitPosition(String(from.commit))
    .setPreparePosition(String(from.prepare));
  return place.setPosition(position);
}
