import { DIRECT_LANE, kafkaLane, partitionOf } from '../../shared/read-model/lanes.ts';

/** Records of one topic, whose partitions are the lanes. */
export interface KafkaOwner {
  readonly feed: 'kafka';
  readonly topic: string;
  readonly partitions: number;
}

/** Which feed may write the read models: what the row of `feed_owner` says. */
export type FeedOwner = { readonly feed: 'event_store' } | KafkaOwner;

/** Whose rows a writer writes, and under which checkpoint. */
export interface Lane {
  /** The name of its row in `checkpoints`. */
  readonly name: string;
  /** The feed that has to own the read models for this lane to write. */
  readonly owner: FeedOwner;
  readonly owns: (userId: string) => boolean;
}

/** All users, for the direct feed and for rebuilds. */
export const DIRECT: Lane = { name: DIRECT_LANE, owner: { feed: 'event_store' }, owns: () => true };

/** The users of one partition. */
export const laneOfPartition = (owner: KafkaOwner, partition: number): Lane => ({
  name: kafkaLane(partition),
  owner,
  owns: (userId) => partitionOf(userId, owner.partitions) === partition,
});
