import { afterAll, beforeAll, inject } from 'vitest';
import { createDatabase } from '../../support/servers/databases.ts';
import { startRedis } from '../../support/servers/servers.ts';
import { createSystem, type TestSystem } from './query-node.ts';

/** A system for the tests of a file, with a Redis of its own: the channel of notices is not to be shared. */
export function useSystem(): { readonly it: TestSystem } {
  let system: TestSystem | undefined;
  const held = new AsyncDisposableStack();
  beforeAll(async () => {
    const database = held.use(await createDatabase(inject('postgresUrl')));
    const redis = held.use(await startRedis());
    system = held.use(await createSystem({ databaseUrl: database.url, redis }));
  });
  afterAll(() => held.disposeAsync());
  return {
    get it() {
      if (!system) throw new Error('the system is not started yet');
      return system;
    },
  };
}
