import { comparePositions, type Position, parsePosition, START } from '../events/position.ts';
import { DIRECT_LANE, FEED_OWNER, kafkaLane, partitionOf } from './lanes.ts';

/** What {@link LEVEL} selects, as node-postgres returns it. */
export interface LevelColumns {
  readonly partitions: number | null;
  readonly checkpoints: Readonly<Record<string, string>> | null;
}

/** SQL: a row of {@link LevelColumns}, to be joined to a statement that says nothing of whose lane it asks for. */
export const LEVEL = `
SELECT f.partitions,
  (SELECT json_object_agg(name, position_commit || '/' || position_prepare) FROM read_model.checkpoints) AS checkpoints
FROM ${FEED_OWNER} f`;

/** How far the read models are, lane by lane. */
export class Level {
  readonly #partitions: number | null;
  readonly #checkpoints: Readonly<Record<string, string>>;

  constructor({ partitions, checkpoints }: LevelColumns) {
    this.#partitions = partitions;
    this.#checkpoints = checkpoints ?? {};
  }

  /** The lanes that are followed now. */
  get lanes(): readonly string[] {
    if (this.#partitions === null) return [DIRECT_LANE];
    return Array.from({ length: this.#partitions }, (_, partition) => kafkaLane(partition));
  }

  /** @param userId in lower case */
  laneOf(userId: string): string {
    return this.#partitions === null ? DIRECT_LANE : kafkaLane(partitionOf(userId, this.#partitions));
  }

  /** Every event of the lane up to here was applied or parked. */
  at(lane: string): Position {
    return parsePosition(this.#checkpoints[lane] ?? '') ?? START;
  }

  /** Every event of this user up to here was applied or parked. */
  ofUser(userId: string): Position {
    return this.at(this.laneOf(userId));
  }

  /** The same for whatever user. A lane that has no newer events follows the relay, a second behind. */
  get hindmost(): Position {
    return this.lanes.map((lane) => this.at(lane)).reduce((a, b) => (comparePositions(b, a) < 0 ? b : a));
  }
}
