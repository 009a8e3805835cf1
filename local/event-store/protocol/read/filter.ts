import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { EncodedEvent } from '../../log/tail.ts';
import { invalidArgument } from '../rpc-error.ts';

export interface EventFilter {
  readonly matches: (event: EncodedEvent) => boolean;
  /** Events to be looked at before a checkpoint is sent. */
  readonly checkpointInterval: number;
}

/** EventStoreDB's page, the window when none is given. */
const DEFAULT_WINDOW = 32;

/** @throws RpcError the filter is incomplete, or its regular expression is not one */
export function toFilter(options: ReadReq.Options.FilterOptions | undefined): EventFilter {
  const onStream = options?.getStreamIdentifier();
  const expression = onStream ?? options?.getEventType();
  if (!options || !expression) throw invalidArgument('The filter has no expression.');
  if (!options.hasMax() && !options.hasCount()) throw invalidArgument('The filter has no window.');
  const window = options.hasMax() ? options.getMax() : DEFAULT_WINDOW;
  const matches = toPredicate(expression);
  return {
    matches: onStream ? (event) => matches(event.stream) : (event) => matches(event.type),
    checkpointInterval: window * options.getCheckpointintervalmultiplier(),
  };
}

function toPredicate(expression: ReadReq.Options.FilterOptions.Expression): (text: string) => boolean {
  const regex = expression.getRegex();
  if (regex === '') {
    const prefixes = expression.getPrefixList();
    return (text) => prefixes.some((prefix) => text.startsWith(prefix));
  }
  try {
    const compiled = new RegExp(regex, 'u');
    return (text) => compiled.test(text);
  } catch (error) {
    throw invalidArgument(`Invalid regular expression: ${(error as Error).message}`);
  }
}
