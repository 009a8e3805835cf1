import { Gauge, type Registry } from 'prom-client';
import type { Pool } from './pool.ts';

/**
 * Shows how far the pools are used, by the name they are given here: a request that waits for a connection waits in
 * `waiting`, and a pool whose `busy` stands at `pg_pool_connections_max` is the next to run out.
 */
export function watchPools(registry: Registry, pools: Readonly<Record<string, Pool>>): void {
  const registers = [registry];
  const entries = Object.entries(pools);
  new Gauge({
    name: 'pg_pool_connections',
    help: 'Connections of a pool by what they do; waiting: callers that there is none for now',
    labelNames: ['pool', 'state'],
    registers,
    collect() {
      for (const [pool, { totalCount, idleCount, waitingCount }] of entries) {
        this.set({ pool, state: 'busy' }, totalCount - idleCount);
        this.set({ pool, state: 'idle' }, idleCount);
        this.set({ pool, state: 'waiting' }, waitingCount);
      }
    },
  });
  new Gauge({
    name: 'pg_pool_connections_max',
    help: 'Most connections that a pool opens',
    labelNames: ['pool'],
    registers,
    collect() {
      for (const [pool, { options }] of entries) this.set({ pool }, options.max);
    },
  });
}
