import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Migration,
  migrate,
  pendingMigrations,
  readMigrations,
} from '../../../../shared/adapters/postgres/migrate.ts';
import { createPool, type Pool } from '../../../../shared/adapters/postgres/pool.ts';
import { createDatabase, type TestDatabase } from '../../../support/servers/databases.ts';
import { silent } from '../system.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({ connectionString: database.url, applicationName: 'test', max: 8, logger: silent });
});
afterAll(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await pool.query('DROP SCHEMA IF EXISTS tried CASCADE');
});

const file = (name: string, sql: string): Migration => ({ name, sql, checksum: `of ${sql}` });
const first = file('0001_a.sql', 'CREATE TABLE a (n integer)');
const second = file('0002_b.sql', 'INSERT INTO a VALUES (1)');
const run = (...migrations: Migration[]) => migrate({ pool, schema: 'tried', migrations });

describe('migrations', () => {
  test('run once each, in order, also when several processes begin at once', async () => {
    const applied = await Promise.all([run(first, second), run(first, second), run(first, second)]);
    expect(applied.flat().sort()).toEqual(['0001_a.sql', '0002_b.sql']);
    expect((await pool.query('SELECT n FROM tried.a')).rows).toEqual([{ n: 1 }]);
    expect(await run(first, second)).toEqual([]);
  });

  test('tell what is missing, before and after', async () => {
    const target = { pool, schema: 'tried', migrations: [first, second] };
    expect(await pendingMigrations(target)).toEqual(['0001_a.sql', '0002_b.sql']);
    await run(first);
    expect(await pendingMigrations(target)).toEqual(['0002_b.sql']);
  });

  test('one that fails leaves nothing behind, and the ones before it stay', async () => {
    const broken = file('0002_b.sql', 'INSERT INTO a VALUES (1); SELECT nonsense');
    await expect(run(first, broken)).rejects.toThrow('nonsense');
    expect((await pool.query('SELECT n FROM tried.a')).rows).toEqual([]);
    expect(await run(first, second)).toEqual(['0002_b.sql']);
  });

  test('an applied file that was edited or removed is an error; a newer one than this build knows is not', async () => {
    await run(first, second);
    const edited = { ...first, checksum: 'another' };
    await expect(run(edited, second)).rejects.toMatchObject({ code: 'migration_mismatch' });
    await expect(run(second)).rejects.toMatchObject({ code: 'migration_mismatch' });
    expect(await run(first)).toEqual([]);
  });

  test('the repository’s own are named in order', async () => {
    for (const set of ['read_model', 'usage', 'vault']) {
      const migrations = await readMigrations(`projector/schemas/migrations/${set}`);
      expect(migrations[0]?.name).toMatch(/^0001_/);
    }
    await expect(readMigrations('projector')).rejects.toThrow('not named like a migration');
  });
});

describe('read models that followed the partitions of a topic', () => {
  const at = (n: number) => [n, n, `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`];

  async function migrated(fill: () => Promise<void>) {
    const all = await readMigrations('projector/schemas/migrations/read_model');
    const target = { pool, schema: 'tried', migrations: all };
    await migrate({ ...target, only: (name) => name < '0005' });
    await fill();
    await migrate(target);
    return (
      await pool.query(
        'SELECT name, position_commit::int AS position, last_event_id AS last, generation FROM tried.checkpoints',
      )
    ).rows;
  }
  const partition = (name: string, position: number, last: number) =>
    pool.query(
      `INSERT INTO tried.checkpoints (name, generation, position_commit, position_prepare,
         last_event_commit, last_event_prepare, last_event_id, last_event_at)
       VALUES ($1, 3, $2, $2, $3, $4, $5, now())`,
      [name, position, ...at(last)],
    );
  const ownedByKafka = (partitions: number) =>
    pool.query("INSERT INTO tried.feed_owner (feed, topic, partitions) VALUES ('kafka', 'events', $1)", [
      partitions,
    ]);

  test('go on from the one that was furthest behind, with the last event that any had applied up to there', async () => {
    const rows = await migrated(async () => {
      await ownedByKafka(3);
      await partition('kafka-0', 500, 500);
      await partition('kafka-1', 300, 100);
      await partition('kafka-2', 400, 250);
    });
    expect(rows).toEqual([{ name: 'direct', position: 300, last: at(250)[2], generation: 4 }]);
    const back = ownedByKafka(3);
    await expect(back).rejects.toMatchObject({ code: '23514' });
  });

  test('go on from the start where one of them had not begun', async () => {
    const rows = await migrated(async () => {
      await ownedByKafka(2);
      await partition('kafka-1', 300, 100);
    });
    expect(rows).toEqual([{ name: 'direct', position: 0, last: null, generation: 4 }]);
  });

  test('and those that followed the log stay where they are', async () => {
    const rows = await migrated(async () => {
      await partition('direct', 500, 400);
    });
    expect(rows).toEqual([{ name: 'direct', position: 500, last: at(400)[2], generation: 3 }]);
  });
});
