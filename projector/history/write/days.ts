import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../../shared/calendar.ts';
import { comparePositions, type Position } from '../../../shared/event-log/position.ts';
import type { SeenEvent } from '../../write/decode.ts';

interface Day {
  first: Position;
  last: Position;
  events: number;
}

const ADD = `
INSERT INTO days (day, first_commit, first_prepare, last_commit, last_prepare, events)
SELECT day, first_commit, first_prepare, last_commit, last_prepare, events
FROM json_to_recordset($1) AS row (day date, first_commit bigint, first_prepare bigint, last_commit bigint, last_prepare bigint,
  events bigint)
ON CONFLICT (day) DO UPDATE SET last_commit = excluded.last_commit, last_prepare = excluded.last_prepare,
  events = days.events + excluded.events`;

/** Notes where the events of each day (UTC, by their times) stand in the log. They come in the log's order, each once. */
export async function addDays(db: Queryable, events: readonly SeenEvent[]): Promise<void> {
  const days = new Map<number, Day>();
  for (const { created, position } of events) {
    const number = Math.floor(created.getTime() / DAY_MS);
    const day = days.get(number);
    if (!day) days.set(number, { first: position, last: position, events: 1 });
    else {
      if (comparePositions(position, day.first) < 0) day.first = position;
      if (comparePositions(position, day.last) > 0) day.last = position;
      day.events++;
    }
  }
  if (days.size === 0) return;
  const rows = Array.from(days, ([number, { first, last, events }]) => ({
    day: new Date(number * DAY_MS).toISOString().slice(0, 10),
    first_commit: String(first.commit),
    first_prepare: String(first.prepare),
    last_commit: String(last.commit),
    last_prepare: String(last.prepare),
    events,
  }));
  await db.query({ name: 'days_add', text: ADD, values: [JSON.stringify(rows)] });
}
