import gossipProto from '@eventstore/db-client/generated/gossip_pb.js';
import { type StandInNode, startNode } from './node.ts';

const { MemberInfo, ClusterInfo, EndPoint } = gossipProto;
const { LEADER, FOLLOWER, UNKNOWN } = MemberInfo.VNodeState;

/**
 * A cluster of three as clients see one: stand-ins for its nodes in front of one event store. What they answer was seen
 * of EventStoreDB 24.10.14.
 */
export interface StandInCluster {
  readonly nodes: readonly StandInNode[];
  /** Names all nodes. */
  readonly connectionString: string;
  /** Whom the nodes name; it goes on naming one that froze or died, until there is another. */
  leader: StandInNode;
  /** False while nobody has been elected. */
  hasLeader: boolean;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startCluster(storePort: number): Promise<StandInCluster> {
  const shared = { leader: undefined as StandInNode | undefined, hasLeader: true };
  const nodes: StandInNode[] = [];
  const members = () =>
    new ClusterInfo().setMembersList(
      nodes.map((node) => {
        const state = node === shared.leader ? (shared.hasLeader ? LEADER : UNKNOWN) : FOLLOWER;
        const endpoint = new EndPoint().setAddress('127.0.0.1').setPort(node.port);
        return new MemberInfo().setState(state).setIsAlive(true).setHttpEndPoint(endpoint);
      }),
    );
  const leader = () => (shared.hasLeader ? shared.leader : undefined);
  for (let n = 0; n < 3; n++) nodes.push(await startNode({ storePort, leader, members }));
  shared.leader = nodes[0];
  return {
    nodes,
    connectionString: `esdb://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}?tls=false`,
    get leader() {
      return shared.leader as StandInNode;
    },
    set leader(node) {
      shared.leader = node;
      shared.hasLeader = true;
    },
    get hasLeader() {
      return shared.hasLeader;
    },
    set hasLeader(has) {
      shared.hasLeader = has;
    },
    [Symbol.asyncDispose]: async () => {
      for (const node of nodes) await node[Symbol.asyncDispose]();
    },
  };
}
