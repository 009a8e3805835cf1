import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { encodeEvent } from './encode-event.ts';
import { Paging } from './paging.ts';
import { bytesOf, type Start } from './read-all.ts';
import type { Reading } from './reading.ts';

export interface ReadStreamOptions {
  readonly stream: string;
  readonly from: Start;
  readonly backwards: boolean;
  readonly count: number;
}

/** A stream from a revision on, inclusive in both directions. One that has no events is said not to be there. */
export async function readStream(reading: Reading, options: ReadStreamOptions): Promise<void> {
  const { outlet } = reading;
  let seen = false;
  for await (const page of pages(reading, options)) {
    seen = true;
    await outlet.sendAll(page);
  }
  if (seen || (await reading.log.reader.streamHasEvents(options.stream))) return;
  const name = new shared.StreamIdentifier().setStreamName(Buffer.from(options.stream));
  const notFound = new streams.ReadResp.StreamNotFound().setStreamIdentifier(name);
  outlet.send(new streams.ReadResp().setStreamNotFound(notFound));
}

async function* pages({ log, uuidForm }: Reading, { stream, from, backwards, count }: ReadStreamOptions) {
  const paging = new Paging();
  let revision = from === 'start' ? 0 : from === 'end' ? Number.MAX_SAFE_INTEGER : from;
  for (let left = count; left > 0 && revision >= 0; ) {
    const limit = paging.next(left);
    const events = backwards
      ? await log.reader.streamBackwards(stream, revision, limit)
      : await log.reader.streamForwards(stream, revision, limit);
    const last = events.at(-1);
    if (!last) return;
    const page = events.map((event) => encodeEvent(event, uuidForm));
    yield page;
    if (events.length < limit) return;
    paging.seen(page.length, bytesOf(page));
    left -= page.length;
    revision = backwards ? last.revision - 1 : last.revision + 1;
  }
}
