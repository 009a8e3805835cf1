import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { Clock } from '../../shared/clock.ts';

export interface PlanCount {
  readonly product: string;
  readonly plan: string;
  readonly count: number;
}

export interface Stats {
  readonly activeSubscriptions: readonly PlanCount[];
  /** Of those the trials. */
  readonly trials: readonly PlanCount[];
  /** UTC days, the latest first. */
  readonly activations: readonly { readonly day: string; readonly count: number }[];
  /** Milliseconds since 1970. */
  readonly asOf: number;
}

/** Those that run at $1, their grace apart. */
const ACTIVE = `
SELECT product, plan_type AS plan, count(*)::float8 AS count, count(*) FILTER (WHERE trial)::float8 AS trials
FROM read_model.subscriptions
WHERE status = 'active' AND start_date <= $1 AND end_date > $1
GROUP BY product, plan_type ORDER BY product, plan_type`;

const ACTIVATIONS = `
SELECT to_char(day, 'YYYY-MM-DD') AS day, activations::float8 AS count FROM read_model.activations_by_day
ORDER BY activations_by_day.day DESC LIMIT 366`;

/** A million subscriptions take PostgreSQL a quarter of a second to count; nobody needs that more often. */
const KEPT_MS = 5_000;

/** Counts, at most once in five seconds, and once for everybody who asks meanwhile. */
export function statsReader(db: Queryable, clock: Clock): () => Promise<Stats> {
  let latest: { readonly at: number; readonly stats: Promise<Stats> } | undefined;
  async function read(at: number): Promise<Stats> {
    const active = await db.query<PlanCount & { trials: number }>(ACTIVE, [new Date(at)]);
    const activations = await db.query<{ day: string; count: number }>(ACTIVATIONS);
    const trials = active.rows
      .filter(({ trials: count }) => count > 0)
      .map(({ product, plan, trials: count }) => ({ product, plan, count }));
    return { activeSubscriptions: active.rows, trials, activations: activations.rows, asOf: at };
  }
  return () => {
    const now = clock();
    if (latest && now >= latest.at && now - latest.at < KEPT_MS) return latest.stats;
    const stats = read(now);
    latest = { at: now, stats };
    stats.catch(() => {
      // The next caller tries again; this one has the error.
      if (latest?.stats === stats) latest = undefined;
    });
    return stats;
  };
}
