import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Migration,
  migrate,
  pendingMigrations,
  readMigrations,
} from '../../../shared/adapters/postgres/migrate.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createDatabase, type TestDatabase } from '../../support/databases.ts';
import { silent } from './system.ts';

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
