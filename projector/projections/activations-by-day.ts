import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../shared/calendar.ts';

/** Days since 1970 (UTC) → activations that a batch adds. */
export type ActivationsByDay = ReadonlyMap<number, number>;

const ADD = `
INSERT INTO activations_by_day (day, activations)
SELECT * FROM unnest($1::date[], $2::bigint[])
ON CONFLICT (day) DO UPDATE SET activations = activations_by_day.activations + excluded.activations`;

export async function addActivations(db: Queryable, counts: ActivationsByDay): Promise<void> {
  if (counts.size === 0) return;
  const days = Array.from(counts.keys(), (day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
  await db.query({ name: 'activations_add', text: ADD, values: [days, [...counts.values()]] });
}
