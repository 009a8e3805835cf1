import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../support/random.ts';
import { backUp, startReplica } from '../../support/servers/replica.ts';
import { startRedis } from '../../support/servers/servers.ts';
import { startTcpProxy } from '../../support/servers/tcp-proxy.ts';
import type { ProxiedSystem } from '../shapes/proxied.ts';
import { promotePostgres, untilSynchronous } from '../stores/postgres.ts';
import { follow, promote } from '../stores/redis.ts';
import type { Fault } from './fault.ts';
import { kill, pidOf } from './signals.ts';
import { aWhile } from './stores.ts';

/** From now on the name of a store leads there, and what was connected is cut off. */
function lead(system: ProxiedSystem, store: string, port: number): void {
  for (const { network } of system.links.to(store)) {
    network.retarget(port);
    network.cut();
  }
}

/** To a replica that lacks the last seconds, and back in good order, as a managed service does. */
async function failOverRedis(system: ProxiedSystem, random: Random): Promise<void> {
  const url = system.setting('REDIS_URL');
  const port = Number(new URL(url).port);
  await using toPrimary = await startTcpProxy(port);
  await using replica = await startRedis();
  await follow(replica.url, toPrimary.port);
  toPrimary.freeze();
  await delay(2_000);
  const killed = kill(system, 'redis');
  toPrimary.cut();
  await promote(replica.url);
  lead(system, 'redis', replica.port);
  await Promise.all([killed, aWhile(random)]);
  await follow(url, replica.port);
  await promote(url);
  lead(system, 'redis', port);
}

/** To a replica that follows synchronously, and back to a new one under the supervisor of the first. */
async function failOverPostgres(system: ProxiedSystem, random: Random): Promise<void> {
  const url = system.setting('DATABASE_URL');
  const port = Number(new URL(url).port);
  const directory = path.join(system.data, 'postgres');
  await using replica = await startReplica({ url }, 0);
  await untilSynchronous(url);
  const pid = pidOf(system, 'postgres');
  // Without it the supervisor can't start it again: it stays dead until there is a new one.
  renameSync(directory, `${directory}.old`);
  process.kill(pid, 'SIGKILL');
  await promotePostgres(replica.url);
  lead(system, 'postgres', replica.port);
  await aWhile(random);
  backUp(replica.url, `${directory}.new`);
  renameSync(`${directory}.new`, directory);
  await untilSynchronous(replica.url);
  await replica.kill();
  await promotePostgres(url);
  lead(system, 'postgres', port);
  rmSync(`${directory}.old`, { recursive: true });
}

export const failovers: readonly Fault<ProxiedSystem>[] = [
  {
    name: 'fail over redis to a replica that is behind, and back',
    group: 'stores',
    promised: 'all',
    emptiesRedis: true,
    inflict: failOverRedis,
  },
  {
    name: 'fail over postgres to a replica, and back',
    group: 'stores',
    promised: 'all',
    left: 'caches',
    inflict: failOverPostgres,
  },
];
