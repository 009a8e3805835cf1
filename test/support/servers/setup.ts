import type { TestProject } from 'vitest/node';
import { startPostgres, startRedis } from './servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL shared by the tests of a tier: make a database of your own with `createDatabase`. */
    readonly postgresUrl: string;
    /** A Redis shared by the tests of a tier. A test that uses the notices' channel starts its own. */
    readonly redisUrl: string;
  }
}

/** Starts the servers that a tier's tests share, once. @throws ProgramsMissing they can't be had: the tier fails */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  await using starting = new AsyncDisposableStack();
  const postgres = starting.use(await startPostgres());
  const redis = starting.use(await startRedis());
  project.provide('postgresUrl', postgres.url);
  project.provide('redisUrl', redis.url);
  const servers = starting.move();
  return () => servers.disposeAsync();
}
