import { setTimeout as delay } from 'node:timers/promises';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import type { StandInCluster } from '../../support/cluster/cluster.ts';
import type { StandInNode } from '../../support/cluster/node.ts';
import type { Random } from '../../support/random.ts';
import type { System } from '../system.ts';
import type { Fault } from './fault.ts';

export interface ClusterSystem extends System {
  readonly cluster: StandInCluster;
}

/** What EventStoreDB takes to elect another leader once one is gone: its gossip's time-out, and an election. */
const ELECTION_MS = 2_000;
/** How long a node is gone, beyond the election. */
const GONE_MS = 3_000;

const followersOf = (cluster: StandInCluster): readonly StandInNode[] =>
  cluster.nodes.filter((node) => node !== cluster.leader);

const fault = (
  name: string,
  inflict: (cluster: StandInCluster, random: Random, system: ClusterSystem) => Promise<void>,
): Fault<ClusterSystem> => ({
  name,
  group: 'a cluster of three (stand-ins)',
  promised: 'all',
  inflict: (system, random) => inflict(system.cluster, random, system),
});

/** Nobody leads until the election is over. */
async function elect(cluster: StandInCluster, next: StandInNode): Promise<void> {
  cluster.hasLeader = false;
  await delay(ELECTION_MS);
  cluster.leader = next;
}

/** The last position of the log, asked of the local event store behind the stand-ins. */
async function endOfLog(system: System): Promise<bigint> {
  const log = connectEventLog({ connectionString: system.setting('EVENTSTORE_URL') });
  try {
    for await (const { position } of log.readAll({ direction: 'backwards', limit: 1 }))
      return position.commit;
    return 0n;
  } finally {
    await log.close();
  }
}

/** Reads and subscriptions at followers stay where the log is now. */
async function lag(cluster: StandInCluster, random: Random, system: ClusterSystem): Promise<void> {
  const at = await endOfLog(system);
  const followers = followersOf(cluster);
  for (const node of followers) node.behindAt = at;
  await delay(1_000 + random.below(5_000));
  for (const node of followers) node.behindAt = undefined;
}

/** Gone in one way or another; the others elect a leader, and it comes back as a follower. */
const loseLeader =
  (gone: (node: StandInNode) => void, back: (node: StandInNode) => void) =>
  async (cluster: StandInCluster, random: Random): Promise<void> => {
    const { leader } = cluster;
    gone(leader);
    // A follower takes a while to notice, and names the one that is gone until then.
    await delay(500);
    await elect(cluster, random.pick(followersOf(cluster)));
    await delay(GONE_MS);
    back(leader);
  };

const loseFollower =
  (gone: (node: StandInNode) => void, back: (node: StandInNode) => void) =>
  async (cluster: StandInCluster, random: Random): Promise<void> => {
    const follower = random.pick(followersOf(cluster));
    gone(follower);
    await delay(ELECTION_MS + GONE_MS);
    back(follower);
  };

const DOWN = [(node: StandInNode) => node.goDown(), (node: StandInNode) => node.comeUp()] as const;
const FROZEN = [
  (node: StandInNode) => node.network.freeze(),
  (node: StandInNode) => node.network.thaw(),
] as const;

export const clusterFaults: readonly Fault<ClusterSystem>[] = [
  fault('the followers lag', lag),
  fault('the leader moves', async (cluster, random) => {
    cluster.leader = random.pick(followersOf(cluster));
  }),
  fault('nobody leads', async (cluster) => elect(cluster, cluster.leader)),
  fault('the leader dies', loseLeader(...DOWN)),
  fault('the leader freezes', loseLeader(...FROZEN)),
  fault('a follower dies', loseFollower(...DOWN)),
  fault('a follower freezes', loseFollower(...FROZEN)),
  fault('the leader moves to a node that starts', async (cluster, random) => {
    const next = random.pick(followersOf(cluster));
    next.starting = true;
    cluster.leader = next;
    await delay(ELECTION_MS);
    next.starting = false;
  }),
];
