import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import type { Names } from './names.ts';
import type { Filter, Operation } from './operation.ts';

const { Options } = messages.ReadReq;
const { Expression } = Options.FilterOptions;
const empty = () => new shared.Empty();

export type StreamRead = Extract<Operation, { call: 'readStream' | 'subscribeToStream' }>;
export type AllRead = Extract<Operation, { call: 'readAll' | 'subscribeToAll' }>;

export function streamReadRequest(read: StreamRead, names: Names): ReadReq {
  const name = new shared.StreamIdentifier().setStreamName(Buffer.from(names.stream(read.stream)));
  const place = new Options.StreamOptions().setStreamIdentifier(name);
  if (read.from === 'start') place.setStart(empty());
  else if (read.from === 'end') place.setEnd(empty());
  else place.setRevision(String(read.from));
  return new messages.ReadReq().setOptions(optionsOf(read).setStream(place).setNoFilter(empty()));
}

/** @param position where `read.from` is in this store's log */
export function allReadRequest(read: AllRead, names: Names, position: bigint | 'end'): ReadReq {
  const place = new Options.AllOptions();
  if (position === 'end') place.setEnd(empty());
  else {
    const text = String(position);
    place.setPosition(new Options.Position().setCommitPosition(text).setPreparePosition(text));
  }
  const options = optionsOf(read).setAll(place);
  if (read.filter) options.setFilter(filterOf(read.filter, names));
  else options.setNoFilter(empty());
  return new messages.ReadReq().setOptions(options);
}

function optionsOf(read: StreamRead | AllRead): ReadReq.Options {
  const options = new Options()
    .setReadDirection(read.backwards ? 1 : 0)
    .setUuidOption(new Options.UUIDOption().setString(empty()));
  if (read.call === 'subscribeToAll' || read.call === 'subscribeToStream') {
    return options.setSubscription(new Options.SubscriptionOptions());
  }
  return options.setCount(String(read.count ?? 1_000));
}

function filterOf(filter: Filter, names: Names): ReadReq.Options.FilterOptions {
  const expressions = names.expressions(filter);
  const expression = new Expression();
  if (filter.by === 'prefix') expression.setPrefixList(expressions);
  else expression.setRegex(expressions[0] as string);
  const options = new Options.FilterOptions().setMax(filter.window).setCheckpointintervalmultiplier(1);
  return filter.on === 'stream' ? options.setStreamIdentifier(expression) : options.setEventType(expression);
}
