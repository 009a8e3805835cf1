import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { watchPools } from '../../../shared/adapters/postgres/pool-metrics.ts';
import { watchServers } from '../../../shared/adapters/postgres/server-metrics.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { createDatabase } from '../../support/servers/databases.ts';
import { startPostgres } from '../../support/servers/servers.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const poolOf = (connectionString: string, max = 2) =>
  createPool({ connectionString, applicationName: 'test', max, logger, connectionTimeoutMs: 1_000 });

/** Samples by their name and labels. */
async function samples(registry: Registry): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

describe("PostgreSQL's own limits", () => {
  it('are exported without any right but to connect; while it is unreachable there is no value, not an old one', async () => {
    await using server = await startPostgres();
    const owner = poolOf(server.url);
    await owner.query(`CREATE ROLE guest LOGIN PASSWORD 'guest'`);
    const url = new URL(server.url);
    url.username = 'guest';
    url.password = 'guest';
    const guest = poolOf(url.href);
    const registry = new Registry();
    const watching = watchServers({ registry, servers: { read_model: guest }, logger, everyMs: 20 });
    const value = async (name: string) => (await samples(registry)).get(`${name}{database="read_model"}`);
    try {
      await eventually('values', async () => (await value('postgres_connections_max')) === 197);
      expect(await value('postgres_database_bytes')).toBeGreaterThan(1_000_000);
      const held = await Promise.all([owner.connect(), owner.connect()]);
      await eventually('both connections and its own', async () => {
        const used = await value('postgres_connections_used');
        return used !== undefined && used >= 3;
      });
      for (const client of held) client.release(true);
      await server.kill();
      await eventually('no values', async () => (await samples(registry)).size === 0);
      await server.start();
      await eventually('values again', async () => (await value('postgres_connections_max')) === 197);
    } finally {
      await watching.stop();
      await Promise.all([owner.end(), guest.end()]);
    }
  });
});

describe('a pool', () => {
  it('shows who works, who rests and who waits', async () => {
    await using database = await createDatabase();
    const pool = poolOf(database.url);
    const registry = new Registry();
    watchPools(registry, { database: pool });
    const states = async () => {
      const all = await samples(registry);
      return ['busy', 'idle', 'waiting'].map((state) =>
        all.get(`pg_pool_connections{pool="database",state="${state}"}`),
      );
    };
    try {
      expect(await states()).toEqual([0, 0, 0]);
      expect((await samples(registry)).get('pg_pool_connections_max{pool="database"}')).toBe(2);
      const [first, second] = await Promise.all([pool.connect(), pool.connect()]);
      const third = pool.connect();
      expect(await states()).toEqual([2, 0, 1]);
      first.release();
      (await third).release();
      second.release();
      expect(await states()).toEqual([0, 2, 0]);
    } finally {
      await pool.end();
    }
  });
});
