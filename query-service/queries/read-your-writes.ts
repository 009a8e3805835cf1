import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { comparePositions, type Position } from '../../shared/event-log/position.ts';
import { Problem } from '../../shared/http/problems/problem.ts';
import { timeOfUuidv7 } from '../../shared/ids.ts';
import { CHECKPOINT_NAME, positionOf } from '../../shared/read-model/checkpoint.ts';
import type { ReadModelCheckpoint } from '../read-model-checkpoint.ts';

/** What a query is about, from which its user follows. */
export interface Subject {
  readonly kind: 'user' | 'staff' | 'subscription' | 'license';
  readonly id: string;
}

export interface ReadYourWritesOptions {
  readonly db: Queryable;
  readonly checkpoint: ReadModelCheckpoint;
  /** How long a read model that is behind is waited for; default 2 s. */
  readonly waitMs?: number;
}

interface Row {
  readonly user_commit: string | null;
  readonly user_prepare: string | null;
  readonly commit: string | null;
  readonly prepare: string | null;
  readonly parked: boolean;
}

/** Each gives one row, null where there is no such thing. $2 is the subscription's partition. */
const OWNERS = {
  user: 'SELECT $1::uuid AS user_id, $2::timestamptz AS unused',
  // It has no row of a user: only the read models' own progress is asked for.
  staff: 'SELECT NULL::uuid AS user_id, $1::uuid AS unused, $2::timestamptz AS unused_too',
  license:
    'SELECT (SELECT user_id FROM read_model.licenses WHERE license_id = $1) AS user_id, $2::timestamptz AS unused',
  subscription: `SELECT
    (SELECT user_id FROM read_model.subscriptions WHERE subscription_id = $1 AND start_date = $2) AS user_id`,
} as const;

/** $3 and $4 are the position that must be reached: an event that is parked has not been. */
const progressOf = (owner: string) => `
SELECT u.position_commit::text AS user_commit, u.position_prepare::text AS user_prepare,
  c.position_commit::text AS commit, c.position_prepare::text AS prepare,
  EXISTS (
    SELECT FROM read_model.parked_events p
    WHERE p.user_id = owner.user_id OR (p.position_commit = $3 AND p.position_prepare = $4)
  ) AS parked
FROM (${owner}) AS owner
LEFT JOIN read_model.users u ON u.user_id = owner.user_id
LEFT JOIN read_model.checkpoints c ON c.name = '${CHECKPOINT_NAME}'`;

/** Says whether the rows of a user are as new as a reader asks. */
export class ReadYourWrites {
  readonly #options: ReadYourWritesOptions;

  constructor(options: ReadYourWritesOptions) {
    this.#options = options;
  }

  /**
   * Resolves once the rows of the subject's user hold every event of that user up to `atLeast`: because the user's
   * last one is at or after it, or because the read models are that far and none of the user's events is parked.
   * Each request looks twice at most, before and after the read models have got there.
   * @throws Problem read_model_parked at once, read_model_behind after a bounded wait
   */
  async reached(subject: Subject, atLeast: Position | undefined, signal: AbortSignal): Promise<void> {
    if (!atLeast) return;
    if (await this.#has(subject, atLeast)) return;
    const there = await this.#options.checkpoint.reached(atLeast, this.#options.waitMs ?? 2_000);
    if (signal.aborted || !there || !(await this.#has(subject, atLeast)))
      throw new Problem('read_model_behind');
  }

  /** @throws Problem read_model_parked */
  async #has(subject: Subject, atLeast: Position): Promise<boolean> {
    const row = await this.#look(subject, atLeast);
    if (comparePositions(positionOf(row.user_commit, row.user_prepare), atLeast) >= 0) return true;
    if (row.parked) throw new Problem('read_model_parked');
    return comparePositions(positionOf(row.commit, row.prepare), atLeast) >= 0;
  }

  async #look({ kind, id }: Subject, { commit, prepare }: Position): Promise<Row> {
    const { rows } = await this.#options.db.query<Row>({
      name: `progress_of_${kind}`,
      text: progressOf(OWNERS[kind]),
      // The time part of a subscription's id is its start date; any other id has none, and names no partition.
      values: [id, new Date(timeOfUuidv7(id) ?? 0), commit.toString(), prepare.toString()],
    });
    return rows[0] as Row;
  }
}
