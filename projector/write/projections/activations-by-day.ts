import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../../shared/calendar.ts';

/** Days since 1970 (UTC) → activations that a batch adds. */
export type ActivationsByDay = ReadonlyMap<number, number>;

const ADD = `
INSERT INTO activations_by_day (day, activations)
SELECT * FROM unnest($1::date[], $2::bigint[])
ON CONFLICT (day) DO UPDATE SET activations = activations_by_day.activations + excluded.activations`;

export async function addActivations(db: Queryable, counts: ActivationsByDay): Promise<void> {
  if (counts.size === 0) return;
  // In one order everywhere: the days are the only rows that the projectors of two partitions both change.
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const days = sorted.map(([day]) => new Date(day * DAY_MS).toISOString().slice(0, 10));
  const values = [days, sorted.map(([, count]) => count)];
  await db.query({ name: 'activations_add', text: ADD, values });
}
