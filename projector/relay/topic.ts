import type { KafkaAdmin } from '../../shared/adapters/kafka/admin.ts';
import { KafkaUnavailable } from '../../shared/adapters/kafka/errors.ts';
import {
  createTopic,
  inspectTopic,
  type TopicSettings,
  type TopicState,
} from '../../shared/adapters/kafka/topic.ts';
import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { loadCheckpoint, type RelayCheckpoint, rememberTopic } from './checkpoint.ts';
import { partitionsChanged, topicCompacted, topicGone, topicInUse } from './stops.ts';

export interface ClaimedTopic {
  readonly checkpoint: RelayCheckpoint;
  readonly maxBatchBytes: number;
}

/**
 * The topic, made if there is none yet, and how far it is. One that a relay sees for the first time must be empty; how
 * many partitions it has is remembered from then on, whatever the settings say.
 * @throws FeedStop it is not the topic that it was, or not one that events can go to
 * @throws KafkaUnavailable, CheckpointMoved, or an error of PostgreSQL
 */
export async function claimTopic(
  admin: KafkaAdmin,
  db: Queryable,
  settings: TopicSettings,
): Promise<ClaimedTopic> {
  const { topic } = settings;
  const known = await loadCheckpoint(db, topic);
  const state = (await inspectTopic(admin, topic)) ?? (await makeTopic(admin, settings, known));
  if (!known && state.ends.some((end) => end > 0n)) throw topicInUse(topic);
  const checkpoint = known ?? { topic, partitions: state.partitions, last: undefined, ends: [] };
  assertSame(checkpoint, state);
  return {
    checkpoint: known ?? (await rememberTopic(db, topic, state.partitions)),
    maxBatchBytes: state.maxBatchBytes,
  };
}

async function makeTopic(
  admin: KafkaAdmin,
  settings: TopicSettings,
  known: RelayCheckpoint | undefined,
): Promise<TopicState> {
  if (known?.last) throw topicGone(settings.topic);
  await createTopic(admin, { ...settings, partitions: known?.partitions ?? settings.partitions });
  const state = await inspectTopic(admin, settings.topic);
  if (!state) throw new KafkaUnavailable({ cause: new Error('not every broker knows the new topic yet') });
  return state;
}

/**
 * What can be told without reading records: a topic that was deleted and made again, or has lost its end, ends before
 * what was sent. That records were deleted at its beginning is what retention does, and is no fault.
 * @throws FeedStop
 */
export function assertSame(checkpoint: RelayCheckpoint, state: TopicState | undefined): void {
  const { topic, partitions, ends } = checkpoint;
  if (!state) throw topicGone(topic);
  if (state.partitions !== partitions) throw partitionsChanged(topic, partitions, state.partitions);
  if (state.compacted) throw topicCompacted(topic);
  const short = ends.findIndex((end, partition) => (state.ends[partition] ?? 0n) < end);
  if (short >= 0) throw topicGone(topic, short);
}
