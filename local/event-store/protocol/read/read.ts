import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { Logger } from '../../../../shared/process/logger.ts';
import type { EventLog } from '../../log/event-log.ts';
import { invalidArgument, notReady, toRpcError, unimplemented } from '../rpc-error.ts';
import { streamName } from '../stream-name.ts';
import type { UuidForm } from './encode-event.ts';
import { type EventFilter, toFilter } from './filter.ts';
import { Outlet, type ReadCall } from './outlet.ts';
import { readAll, type Start } from './read-all.ts';
import { readStream } from './read-stream.ts';
import type { Reading } from './reading.ts';
import { subscribeToAll } from './subscribe-all.ts';
import { subscribeToStream } from './subscribe-stream.ts';

/** Read: a stream or `$all`, in either direction, or a subscription to it. */
export function read(log: EventLog, closing: AbortSignal, logger: Logger) {
  return (call: ReadCall): void => {
    const outlet = new Outlet(call, closing);
    dispatch(call.request.getOptions(), { log, outlet }).then(
      () => call.end(),
      (error: unknown) => call.emit('error', toRpcError(error, logger)),
    );
  };
}

async function dispatch(
  options: ReadReq.Options | undefined,
  context: Omit<Reading, 'uuidForm'>,
): Promise<void> {
  if (!options) throw invalidArgument('Options are required.');
  if (options.getResolveLinks()) throw unimplemented('resolving links');
  // Not known yet how far the log goes: an empty answer would be a wrong one.
  if (!context.log.ready) throw notReady();
  const reading: Reading = { ...context, uuidForm: uuidFormOf(options) };
  const isSubscription = options.hasSubscription();
  const backwards = options.getReadDirection() === 1;
  const filter = options.hasFilter() ? toFilter(options.getFilter()) : undefined;
  if (isSubscription && backwards) throw invalidArgument('A subscription goes forwards.');
  if (options.hasAll()) {
    const from = allStart(options.getAll());
    if (isSubscription) return subscribeToAll(reading, from, subscriptionFilter(filter));
    return readAll(reading, { from, backwards, filter, count: countOf(options) });
  }
  if (!options.hasStream()) throw invalidArgument('Neither a stream nor $all was asked for.');
  if (filter) throw invalidArgument('Only $all can be filtered.');
  const stream = streamName(
    options.getStream()?.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array(),
  );
  const from = streamStart(options.getStream());
  if (isSubscription) return subscribeToStream(reading, stream, from);
  return readStream(reading, { stream, from, backwards, count: countOf(options) });
}

function uuidFormOf(options: ReadReq.Options): UuidForm {
  const form = options.getUuidOption();
  if (!form) throw invalidArgument('`uuidOption` is required.');
  return form.hasString() ? 'string' : 'structured';
}

function subscriptionFilter(filter: EventFilter | undefined): EventFilter | undefined {
  if (filter && filter.checkpointInterval < 1) throw invalidArgument('The checkpoint interval is zero.');
  return filter;
}

function countOf(options: ReadReq.Options): number {
  if (!options.hasCount()) throw invalidArgument('Neither a count nor a subscription was asked for.');
  return Number(options.getCount());
}

function allStart(options: ReadReq.Options.AllOptions | undefined): Start {
  if (options?.hasStart()) return 'start';
  if (options?.hasEnd()) return 'end';
  const position = options?.getPosition();
  if (!position) throw invalidArgument('No position was given.');
  const commit = bounded(position.getCommitPosition());
  if (bounded(position.getPreparePosition()) > commit) {
    throw invalidArgument('The commit position cannot be less than the prepare position');
  }
  return commit;
}

function streamStart(options: ReadReq.Options.StreamOptions | undefined): Start {
  if (options?.hasStart()) return 'start';
  if (options?.hasEnd()) return 'end';
  if (!options?.hasRevision()) throw invalidArgument('No revision was given.');
  return bounded(options.getRevision());
}

/** An unsigned 64-bit number, as far as numbers go without loss; no log comes near that end. */
const bounded = (value: string): number => Math.min(Number(value), Number.MAX_SAFE_INTEGER);
