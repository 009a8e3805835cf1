import type { EncodedEvent } from '../../log/tail.ts';
import { invalidPosition, notReady } from '../rpc-error.ts';
import { encodeEvent } from './encode-event.ts';
import type { EventFilter } from './filter.ts';
import { Paging } from './paging.ts';
import type { Reading } from './reading.ts';

export type Start = 'start' | 'end' | number;

export interface ReadAllOptions {
  readonly from: Start;
  readonly backwards: boolean;
  readonly filter: EventFilter | undefined;
  readonly count: number;
}

/** `$all` from a position on (forwards inclusive, backwards exclusive, as EventStoreDB counts), to what was its end. */
export async function readAll(reading: Reading, options: ReadAllOptions): Promise<void> {
  const { filter } = options;
  let left = options.count;
  for await (const page of options.backwards ? backwards(reading, options) : forwards(reading, options)) {
    const wanted = (filter ? page.filter((event) => filter.matches(event)) : page).slice(0, left);
    await reading.outlet.sendAll(wanted);
    left -= wanted.length;
    if (left <= 0) return;
  }
}

/** A page of the log on its way to a reader, in the form that it asked for. */
export async function pageOf(
  { log, uuidForm }: Reading,
  position: number,
  limit: number,
): Promise<readonly EncodedEvent[]> {
  if (uuidForm === 'string') return log.page(position, limit);
  const events = await log.reader.allForwards(position, log.head, limit);
  return events.map((event) => encodeEvent(event, uuidForm));
}

/** While one page is being sent the next is already asked for: PostgreSQL and the client work at the same time. */
async function* forwards(reading: Reading, { from, count, filter }: ReadAllOptions) {
  const end = reading.log.head;
  if (from === 'end') return;
  const paging = new Paging();
  const fetch = (position: number, left: number) => {
    const page = pageOf(reading, position, paging.next(Math.min(left, end - position + 1)));
    // It is awaited later, or never if the reader goes: only then would its failure have no handler.
    page.catch(() => undefined);
    return page;
  };
  let position = from === 'start' ? 1 : Math.max(from, 1);
  let left = filter ? Number.POSITIVE_INFINITY : count;
  let pending = position <= end && left > 0 ? fetch(position, left) : undefined;
  while (pending) {
    const page = await pending;
    const last = page.at(-1);
    if (!last) throw notReady(new Error(`the log ends before ${end}`));
    paging.seen(page.length, bytesOf(page));
    position = last.position + 1;
    left -= page.length;
    pending = position <= end && left > 0 ? fetch(position, left) : undefined;
    yield page;
  }
}

async function* backwards({ log, uuidForm }: Reading, { from, count, filter }: ReadAllOptions) {
  const paging = new Paging();
  const end = log.head + 1;
  let before = from === 'end' ? end : from === 'start' ? 1 : from;
  if (before > end) throw invalidPosition(filter ? 'FilteredReadAllResult' : 'ReadAllResult');
  let left = filter ? Number.POSITIVE_INFINITY : count;
  while (before > 1 && left > 0) {
    const events = await log.reader.allBackwards(before, paging.next(left));
    const page = events.map((event) => encodeEvent(event, uuidForm));
    const last = page.at(-1);
    if (!last) throw notReady(new Error(`the log ends before ${before - 1}`));
    paging.seen(page.length, bytesOf(page));
    before = last.position;
    left -= page.length;
    yield page;
  }
}

export const bytesOf = (page: readonly EncodedEvent[]): number =>
  page.reduce((sum, event) => sum + event.message.length, 0);
