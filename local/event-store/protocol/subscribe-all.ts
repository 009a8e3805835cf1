import { randomUUID } from 'node:crypto';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { EventFilter } from './filter.ts';
import type { Outlet } from './outlet.ts';
import { Paging } from './paging.ts';
import { bytesOf, pageOf, type Start } from './read-all.ts';
import type { Reading } from './reading.ts';
import { closingError } from './rpc-error.ts';

/**
 * `$all` behind a position, then live. A filtered subscription is told by checkpoints how far it has come: one when it
 * has caught up, and one whenever the filter has looked at `checkpointInterval` events. There is no queue of live
 * events that could overflow: a subscription that is behind reads pages, one that is not waits for the next commit.
 */
export async function subscribeToAll(
  reading: Reading,
  from: Start,
  filter: EventFilter | undefined,
): Promise<void> {
  const { log, outlet, signal } = reading;
  const paging = new Paging();
  confirm(outlet);
  let done = from === 'start' ? 0 : from === 'end' ? log.head : from;
  let considered = 0;
  let live = false;
  while (!signal.aborted) {
    if (done >= log.head) {
      if (!live) {
        if (filter && done > 0) sendCheckpoint(outlet, done);
        outlet.send(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));
      }
      live = true;
      await log.commits.next(signal);
      continue;
    }
    const page = await pageOf(reading, done + 1, paging.next(Number.POSITIVE_INFINITY));
    paging.seen(page.length, bytesOf(page));
    for (const event of page) {
      if (signal.aborted) break;
      let writable = true;
      if (!filter || filter.matches(event)) writable = outlet.write(event.message);
      if (filter && ++considered >= filter.checkpointInterval) {
        considered = 0;
        writable = sendCheckpoint(outlet, event.position);
      }
      if (!writable) await outlet.drained();
      done = event.position;
    }
  }
  if (!outlet.gone.aborted) throw closingError();
}

export function confirm(outlet: Outlet): void {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID());
  outlet.send(new streams.ReadResp().setConfirmation(confirmation));
}

function sendCheckpoint(outlet: Outlet, position: number): boolean {
  const checkpoint = new streams.ReadResp.Checkpoint()
    .setCommitPosition(String(position))
    .setPreparePosition(String(position));
  return outlet.send(new streams.ReadResp().setCheckpoint(checkpoint));
}
