import type { TopicOffsets } from '../../shared/adapters/kafka/offsets.ts';
import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../shared/logger.ts';
import { HEARTBEAT_MS } from '../../shared/read-model/notices.ts';
import { unlessAborted } from '../../shared/unless-aborted.ts';
import { repeat } from '../follow/repeating.ts';
import { CHECKPOINT_MARKS } from '../write/checkpoint-mark.ts';
import type { Lanes } from './lanes.ts';
import type { RelayWatch } from './relayed.ts';

export interface RoundsOptions {
  readonly lanes: Lanes;
  readonly relay: RelayWatch;
  readonly pool: Pool;
  readonly offsets: TopicOffsets;
  readonly logger: Logger;
}

const ENDS_MS = 5_000;
/** How long a lane without events stays behind the relay: one statement a process, and one transaction a lane. */
const RELAY_LOOK_MS = 1_000;
/** Then the lanes' heartbeats go out without the look: PostgreSQL is slow, and nobody can be seen to write. */
const MARKS_WAIT_MS = 500;

/** What is done from time to time for all lanes of a process, once for all of them. */
export function startRounds({ lanes, relay, pool, offsets, logger }: RoundsOptions): { stop(): void } {
  const failed = (event: string) => (error: unknown) => logger.debug({ err: error }, event);
  const rounds = [
    repeat(
      RELAY_LOOK_MS,
      async () => {
        await relay.look();
        lanes.lookAtRelay();
      },
      failed('relay_unknown'),
    ),
    repeat(
      ENDS_MS,
      async () => {
        const bounds = await offsets.bounds();
        lanes.sawEnds(Array.from(bounds, ([partition, { end }]) => [partition, end] as const));
      },
      failed('ends_unknown'),
    ),
    repeat(
      HEARTBEAT_MS,
      () =>
        lanes.beat(() =>
          unlessAborted(readMarks(pool), AbortSignal.timeout(MARKS_WAIT_MS)).catch((error: unknown) => {
            failed('checkpoints_unknown')(error);
            return undefined;
          }),
        ),
      failed('heartbeat_failed'),
    ),
  ];
  return { stop: () => rounds.forEach((round) => void round.stop()) };
}

async function readMarks(pool: Pool): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{ name: string; mark: string }>(CHECKPOINT_MARKS);
  return new Map(rows.map(({ name, mark }) => [name, mark]));
}
