import { type StandInCluster, startCluster } from '../../support/cluster/cluster.ts';
import { type ClusterSystem, clusterFaults } from '../faults/cluster.ts';
import type { Shape } from '../faults/fault.ts';
import { startSystem } from '../system.ts';
import { TWICE } from './plain.ts';

/** Three stand-ins for nodes of an EventStoreDB cluster between the services and the local event store. */
export const cluster: Shape<ClusterSystem> = {
  name: 'cluster',
  faults: clusterFaults,
  start: async (options) => {
    let starting: Promise<StandInCluster> | undefined;
    const system = await startSystem({
      args: TWICE,
      ...options,
      adjust: async (spec) => {
        const url = spec.env?.EVENTSTORE_URL;
        // The one process that the others find there.
        if (url === undefined || spec.name === 'event-store') return spec;
        starting ??= startCluster(Number(new URL(url).port));
        return { ...spec, env: { ...spec.env, EVENTSTORE_URL: (await starting).connectionString } };
      },
    });
    const nodes = await (starting as unknown as Promise<StandInCluster>);
    return {
      ...system,
      cluster: nodes,
      stop: async () => {
        await system.stop();
        await nodes[Symbol.asyncDispose]();
      },
    };
  },
};
