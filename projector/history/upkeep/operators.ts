import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Clock } from '../../../shared/clock.ts';

/*
 * Operators look at the live read models, and skip or retry there what could not be applied. The history tables are folded
 * by read models of their own, which park the same events: what was decided for the live ones is decided for them.
 */

interface SkippedRow {
  readonly event_id: string;
  readonly user_id: string;
  readonly revision: string;
  readonly type: string;
  readonly cause: string;
  readonly created_at: Date;
}

const SKIPPED = 'SELECT event_id, user_id, revision, type, cause, created_at FROM read_model.skipped_events';

const GIVEN = `json_to_recordset($1) AS s (event_id uuid, user_id uuid, revision bigint, type text, cause text, created_at timestamptz)`;

/** Not reached yet: what was applied is in the rows, and what is parked is marked instead. */
const SKIP_AHEAD = `
INSERT INTO skipped_events (event_id, user_id, revision, type, cause, created_at)
SELECT event_id, user_id, revision, type, cause, created_at FROM ${GIVEN}
WHERE NOT EXISTS (SELECT FROM users u WHERE u.user_id = s.user_id AND u.revision >= s.revision)
  AND NOT EXISTS (SELECT FROM parked_events p WHERE p.event_id = s.event_id)
ON CONFLICT DO NOTHING`;

const MARK_SKIPPED = `UPDATE parked_events SET mark = 'skip' WHERE event_id = ANY ($1::uuid[]) AND mark <> 'skip'`;

/** Applied here, and left out there: which release folded it first decided. */
const APPLIED = `
SELECT event_id FROM ${GIVEN}
WHERE EXISTS (SELECT FROM users u WHERE u.user_id = s.user_id AND u.revision >= s.revision)
  AND NOT EXISTS (SELECT FROM parked_events p WHERE p.event_id = s.event_id)
  AND NOT EXISTS (SELECT FROM skipped_events x WHERE x.event_id = s.event_id)`;

const readSkipped = async (live: Queryable): Promise<readonly SkippedRow[]> => {
  const { rows } = await live.query("SELECT to_regclass('read_model.skipped_events') IS NOT NULL AS there");
  return rows[0].there ? (await live.query<SkippedRow>(SKIPPED)).rows : [];
};

/**
 * Leaves out what operators have skipped in the live read models, as far as it was not applied before.
 * @param own its search path is the history's schemas; the writer is to be loaded afterwards
 * @returns as {@link skippedLate}
 */
export async function skipAhead(live: Queryable, own: Queryable): Promise<readonly string[]> {
  const skipped = await readSkipped(live);
  if (skipped.length === 0) return [];
  const given = [JSON.stringify(skipped)];
  await own.query(SKIP_AHEAD, given);
  await own.query(MARK_SKIPPED, [skipped.map(({ event_id }) => event_id)]);
  return appliedOf(own, skipped);
}

const appliedOf = async (own: Queryable, skipped: readonly SkippedRow[]): Promise<readonly string[]> =>
  (await own.query<{ event_id: string }>(APPLIED, [JSON.stringify(skipped)])).rows.map(
    ({ event_id }) => event_id,
  );

/** The events that were applied here before somebody skipped them there: only a rebuild leaves them out. */
export const skippedLate = async (live: Queryable, own: Queryable): Promise<readonly string[]> =>
  appliedOf(own, await readSkipped(live));

/** The first parked event of each user: nothing of that user can be settled before it. */
const FIRSTS = `
SELECT DISTINCT ON (user_id) event_id, user_id, revision FROM parked_events ORDER BY user_id, revision`;

/** Those of them that the live read models have applied. */
const SETTLED = `
SELECT first.event_id
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS first (event_id, user_id, revision)
JOIN read_model.users u ON u.user_id = first.user_id AND u.revision >= first.revision
WHERE NOT EXISTS (SELECT FROM read_model.skipped_events s WHERE s.event_id = first.event_id)`;

const MARK_RETRIED = `UPDATE parked_events SET mark = 'retry' WHERE event_id = ANY ($1::uuid[]) AND mark = 'parked'`;

/** What has failed again here is not tried again sooner. */
const RETRY_AFTER_MS = 60_000;

/** Marks parked events of the history tables as they were settled in the live read models. */
export class OperatorMarks {
  readonly #live: Queryable;
  readonly #own: Queryable;
  readonly #clock: Clock;
  readonly #tried = new Map<string, number>();

  /** @param own its search path is the history's schemas */
  constructor(live: Queryable, own: Queryable, clock: Clock) {
    this.#live = live;
    this.#own = own;
    this.#clock = clock;
  }

  /** To be called while something is parked; `settleMarked` of the writer then settles it. */
  async follow(): Promise<void> {
    const skipped = await readSkipped(this.#live);
    await this.#own.query(MARK_SKIPPED, [skipped.map(({ event_id }) => event_id)]);
    const { rows } = await this.#own.query<{ event_id: string; user_id: string; revision: string }>(FIRSTS);
    const now = this.#clock();
    const due = rows.filter(({ event_id }) => now - (this.#tried.get(event_id) ?? 0) >= RETRY_AFTER_MS);
    if (due.length === 0 || !(await this.#hasReadModels())) return;
    const { rows: settled } = await this.#live.query<{ event_id: string }>(SETTLED, [
      due.map(({ event_id }) => event_id),
      due.map(({ user_id }) => user_id),
      due.map(({ revision }) => revision),
    ]);
    const ids = settled.map(({ event_id }) => event_id);
    if (ids.length === 0) return;
    await this.#own.query(MARK_RETRIED, [ids]);
    for (const id of ids) this.#tried.set(id, now);
  }

  async #hasReadModels(): Promise<boolean> {
    const { rows } = await this.#live.query("SELECT to_regclass('read_model.users') IS NOT NULL AS there");
    return rows[0].there;
  }
}
