import { createDatabase } from '../../support/servers/databases.ts';
import { startRedis } from '../../support/servers/servers.ts';
import { createSystem } from '../projector/system.ts';
import { createSystem as createQuerySystem } from '../query-service/query-node.ts';
import { knownHistory } from './moments.ts';

/** A known history in an event store, and a query node that may read it; its read models are of its own, and empty. */
export async function createHistories() {
  await using held = new AsyncDisposableStack();
  const system = held.use(await createSystem());
  const redis = held.use(await startRedis());
  await system.project();
  const known = await knownHistory(system);
  const database = held.use(await createDatabase());
  const query = held.use(await createQuerySystem({ databaseUrl: database.url, redis }));
  const node = await query.startNode({}, { EVENTSTORE_URL: system.env().EVENTSTORE_URL });
  const kept = held.move();
  return {
    ...{ system, known, query, node },
    operator: await query.accessToken('ops', 'operator'),
    analyst: await query.accessToken('ana', 'analyst'),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type Histories = Awaited<ReturnType<typeof createHistories>>;
