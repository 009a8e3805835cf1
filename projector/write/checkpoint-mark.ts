import { formatPosition } from '../../shared/events/position.ts';
import type { Checkpoint } from './checkpoint.ts';

/** SQL: `name` and `mark` of each checkpoint, the latter as {@link markOf} has it. */
export const CHECKPOINT_MARKS = `
SELECT name, concat_ws(' ', position_commit || '/' || position_prepare, COALESCE(last_event_id::text, '-'),
  COALESCE(kafka_offset::text, '-'), generation) AS mark
FROM checkpoints`;

/** A checkpoint as text: the same where its row is, and only there. */
export const markOf = ({ position, last, generation }: Checkpoint): string =>
  [formatPosition(position), last?.id ?? '-', last?.offset ?? '-', generation].join(' ');
