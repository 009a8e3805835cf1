import { randomUUID } from 'node:crypto';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { notReady } from '../rpc-error.ts';
import type { EventFilter } from './filter.ts';
import { type Outlet, serialized } from './outlet.ts';
import { Paging } from './paging.ts';
import { bytesOf, pageOf, type Start } from './read-all.ts';
import type { Reading } from './reading.ts';

/**
 * `$all` after a position, then live. A filtered subscription is told by checkpoints how far it has come: one when it
 * has caught up, and one whenever the filter has looked at `checkpointInterval` events since the last. There is no queue
 * of live events that could overflow: a subscription that lags reads pages, one that doesn't waits for the next
 * commit. Ends only by an error.
 */
export async function subscribeToAll(
  reading: Reading,
  from: Start,
  filter: EventFilter | undefined,
): Promise<never> {
  const { log, outlet } = reading;
  const paging = new Paging();
  confirm(outlet);
  let done = from === 'start' ? 0 : from === 'end' ? log.head : from;
  let checkpoint = done;
  let live = false;
  for (;;) {
    outlet.signal.throwIfAborted();
    if (done >= log.head) {
      if (!live) {
        if (filter && done > checkpoint) outlet.send(checkpointAt(done));
        checkpoint = done;
        outlet.send(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));
      }
      live = true;
      await log.commits.next(outlet.signal);
      continue;
    }
    const page = await pageOf(reading, done + 1, paging.next(Number.POSITIVE_INFINITY));
    const last = page.at(-1);
    if (!last) throw notReady(new Error(`the log ends before ${log.head}`));
    paging.seen(page.length, bytesOf(page));
    const due: { readonly message: Buffer }[] = [];
    for (const event of page) {
      if (!filter || filter.matches(event)) due.push(event);
      // Positions have no gaps: this many events were looked at.
      if (filter && event.position - checkpoint >= filter.checkpointInterval) {
        checkpoint = event.position;
        due.push({ message: serialized(checkpointAt(checkpoint)) });
      }
    }
    await outlet.sendAll(due);
    done = last.position;
  }
}

export function confirm(outlet: Outlet): void {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID());
  outlet.send(new streams.ReadResp().setConfirmation(confirmation));
}

function checkpointAt(position: number): ReadResp {
  const checkpoint = new streams.ReadResp.Checkpoint()
    .setCommitPosition(String(position))
    .setPreparePosition(String(position));
  return new streams.ReadResp().setCheckpoint(checkpoint);
}
