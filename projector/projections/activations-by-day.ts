import type { Queryable } from '../../shared/adapters/postgres/pool.ts';

/** UTC day (YYYY-MM-DD) → activations that a batch adds. */
export type ActivationsByDay = ReadonlyMap<string, number>;

/** The UTC day of an instant in milliseconds. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

const ADD = `
INSERT INTO activations_by_day (day, activations)
SELECT * FROM unnest($1::date[], $2::bigint[])
ON CONFLICT (day) DO UPDATE SET activations = activations_by_day.activations + excluded.activations`;

export async function addActivations(db: Queryable, counts: ActivationsByDay): Promise<void> {
  if (counts.size === 0) return;
  await db.query({ name: 'activations_add', text: ADD, values: [[...counts.keys()], [...counts.values()]] });
}
