import { lookup } from 'node:dns/promises';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossip, { type ClusterInfo, type MemberInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import grpc from '@grpc/grpc-js';
import { channelTo } from './channel.ts';
import type { ConnectionSettings, NodePreference } from './connection-string.ts';
import { type Endpoint, formatEndpoint, sameEndpoint } from './endpoint.ts';

/** A node that is up answers within milliseconds; one that is frozen must not hold up the others' answers. */
const ANSWER_MS = 1_000;

const { LEADER, FOLLOWER, READONLYLEADERLESS, PREREADONLYREPLICA, READONLYREPLICA } =
  gossip.MemberInfo.VNodeState;
const REPLICAS = [READONLYREPLICA, PREREADONLYREPLICA, READONLYLEADERLESS];
/** The states of nodes that may be followed, the best first. */
const STATES: Readonly<Record<NodePreference, readonly MemberInfo.VNodeState[]>> = {
  leader: [LEADER],
  follower: [FOLLOWER, LEADER, ...REPLICAS],
  readonlyreplica: [...REPLICAS, FOLLOWER, LEADER],
  random: [],
};

/**
 * Asks all seeds at once for the cluster's members, and answers the node that is preferred. The first answer that
 * names one other than `avoid` counts: after a node has failed, the others may still name it for seconds.
 * @throws Error no seed answers, or none knows such a node
 */
export async function findNode(
  settings: ConnectionSettings,
  preference: NodePreference,
  avoid: Endpoint | undefined,
): Promise<Endpoint> {
  const seeds = settings.discover ? await lookUp(settings.seeds[0] as Endpoint) : settings.seeds;
  let fallback: Endpoint | undefined;
  const ask = async (seed: Endpoint) => {
    const candidates = choose(await membersBy(seed, settings), preference);
    const other = candidates.find((candidate) => !sameEndpoint(candidate, avoid));
    if (other) return other;
    fallback ??= candidates[0];
    throw new Error(`${formatEndpoint(seed)} knows no ${preference}`);
  };
  try {
    return await Promise.any(seeds.map(ask));
  } catch (cause) {
    if (fallback) return fallback;
    throw new Error(`no node of the event store names a ${preference}`, { cause });
  }
}

const lookUp = async ({ address: name, port }: Endpoint): Promise<Endpoint[]> =>
  (await lookup(name, { all: true })).map(({ address }) => ({ address, port, name }));

/** The members that may be used, the best first, equals in random order. */
function choose(members: ClusterInfo, preference: NodePreference): Endpoint[] {
  const states = STATES[preference];
  const rank = (member: MemberInfo) => states.indexOf(member.getState());
  return members
    .getMembersList()
    .filter((member) => member.getIsAlive() && (rank(member) >= 0 || isAnyGood(member, states)))
    .map((member) => ({ member, order: rank(member) + Math.random() / 2 }))
    .sort((one, other) => one.order - other.order)
    .flatMap(({ member }) => toEndpoint(member));
}

const isAnyGood = (member: MemberInfo, states: readonly unknown[]) =>
  states.length === 0 && [LEADER, FOLLOWER, ...REPLICAS].includes(member.getState());

function toEndpoint(member: MemberInfo): Endpoint[] {
  const endpoint = member.getHttpEndPoint();
  return endpoint ? [{ address: endpoint.getAddress(), port: endpoint.getPort() }] : [];
}

function membersBy(seed: Endpoint, settings: ConnectionSettings): Promise<ClusterInfo> {
  const { credentials, options } = channelTo(seed, settings);
  const client = new gossipGrpc.GossipClient(formatEndpoint(seed), credentials, options);
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + ANSWER_MS;
    client.read(new shared.Empty(), new grpc.Metadata(), { deadline }, (error, members) => {
      client.close();
      if (error) reject(error);
      else resolve(members);
    });
  });
}
