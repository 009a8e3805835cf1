import { type Position, START } from '../event-log/position.ts';

/** The name of the row that says how far the read models are: every event up to there was applied or parked. */
export const CHECKPOINT_NAME = 'direct';

/** SQL: `c`, the row of {@link CHECKPOINT_NAME}; always one row, nulls before the first event. To be selected from. */
export const CHECKPOINT = `
(VALUES (1)) AS one LEFT JOIN read_model.checkpoints c ON c.name = '${CHECKPOINT_NAME}'`;

/** A position as node-postgres returns its two columns. */
export const positionOf = (commit: string | null, prepare: string | null): Position =>
  commit === null || prepare === null ? START : { commit: BigInt(commit), prepare: BigInt(prepare) };
