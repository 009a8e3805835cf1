import type { History, Violation } from '../history.ts';
import { eventsByUser } from './fold.ts';

/**
 * The topic has every event of every user, in order and without a gap, for a consumer that drops what is not newer than
 * the last of its stream: the relay may send some twice.
 */
export function notRelayed({ log, relayed }: History): Violation[] {
  if (!relayed) return [];
  const promise = 'no event is skipped' as const;
  const byStream = Map.groupBy(relayed, ({ stream }) => stream);
  return eventsByUser(log)
    .entries()
    .flatMap(([userId, events]): Violation[] => {
      let next = 0;
      for (const { revision } of byStream.get(`user-${userId}`) ?? []) if (revision === next) next += 1;
      const end = (events.at(-1)?.revision ?? -1) + 1;
      if (next === end) return [];
      return [
        { promise, detail: `Kafka has the events of ${userId} up to revision ${next}, the log ${end}` },
      ];
    })
    .toArray();
}
