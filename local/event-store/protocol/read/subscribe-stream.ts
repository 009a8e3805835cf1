import streams from '@eventstore/db-client/generated/streams_pb.js';
import { encodeEvent } from './encode-event.ts';
import { Paging } from './paging.ts';
import { bytesOf, type Start } from './read-all.ts';
import type { Reading } from './reading.ts';
import { confirm } from './subscribe-all.ts';

/** A stream after a revision, then live; also one that has no events yet. Ends only by an error. */
export async function subscribeToStream(reading: Reading, stream: string, from: Start): Promise<never> {
  const { log, outlet } = reading;
  const paging = new Paging();
  confirm(outlet);
  let next = from === 'start' ? 0 : from === 'end' ? await lengthOf(reading, stream) : from + 1;
  let live = false;
  for (;;) {
    // Asked for before the read, so that a commit during the read is not missed.
    const committed = log.commits.next(outlet.signal, stream);
    const events = await log.reader.streamForwards(stream, next, paging.next(Number.POSITIVE_INFINITY));
    const page = events.map((event) => encodeEvent(event, reading.uuidForm));
    paging.seen(page.length, bytesOf(page));
    await outlet.sendAll(page);
    next = (events.at(-1)?.revision ?? next - 1) + 1;
    if (events.length > 0) continue;
    if (!live) outlet.send(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));
    live = true;
    await committed;
  }
}

async function lengthOf({ log }: Reading, stream: string): Promise<number> {
  const [last] = await log.reader.streamBackwards(stream, Number.MAX_SAFE_INTEGER, 1);
  return last ? last.revision + 1 : 0;
}
