import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { postgresFault } from '../../../shared/adapters/postgres/faults.ts';
import { createPool, inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { createDatabase } from '../../support/servers/databases.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const held = new AsyncDisposableStack();
let url: string;
let admin: Pool;

const newPool = (max: number) => {
  const pool = createPool({ connectionString: url, applicationName: 'test', max, logger });
  held.defer(() => pool.end());
  return pool;
};

beforeAll(async () => {
  const database = held.use(await createDatabase(inject('postgresUrl')));
  url = database.url;
  admin = newPool(2);
  await admin.query('CREATE TABLE things (id int PRIMARY KEY, name text NOT NULL)');
  await admin.query("INSERT INTO things VALUES (1, 'one'), (2, 'two')");
});
afterAll(() => held.disposeAsync());

test('a column that is added under load costs no statement, on none of the connections', async () => {
  const pool = newPool(4);
  const read = () =>
    pool.query({ name: 'read_things', text: 'SELECT * FROM things WHERE id = $1', values: [1] });
  // Each connection has prepared it.
  await Promise.all(Array.from({ length: 40 }, read));
  await admin.query('ALTER TABLE things ADD COLUMN colour text');
  const answers = await Promise.all(Array.from({ length: 40 }, read));
  for (const { rows } of answers) expect(rows).toEqual([{ id: 1, name: 'one', colour: null }]);
});

test('a statement that lost a deadlock is repeated', async () => {
  const pool = newPool(2);
  const client = await admin.connect();
  try {
    await client.query("SET deadlock_timeout = '10s'");
    await client.query('BEGIN');
    await client.query('UPDATE things SET name = name WHERE id = 2');
    // Holds the first row and waits for the second.
    const both = pool.query(
      "UPDATE things SET name = things.name || '!' FROM (SELECT id FROM things ORDER BY id FOR UPDATE) locked WHERE things.id = locked.id",
    );
    await eventually('the statement waits', async () => {
      const { rows } = await admin.query(
        "SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'",
      );
      return rows.length > 0;
    });
    // Closes the circle; the other one looks for deadlocks first (after 1 s), and is rolled back.
    await client.query('UPDATE things SET name = name WHERE id = 1');
    await client.query('COMMIT');
    await expect(both).resolves.toMatchObject({ rowCount: 2 });
  } finally {
    client.release(true);
  }
});

test('a server that became read-only is unavailable, and its connections are not used again', async () => {
  const insert = (db: Pick<Pool, 'query'>) => db.query("INSERT INTO things (id, name) VALUES (3, 'three')");
  const name = new URL(url).pathname.slice(1);
  await admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  const backends = async () =>
    (await admin.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'read-only'")).rows;
  const demoted = createPool({ connectionString: url, applicationName: 'read-only', max: 1, logger });
  held.defer(() => demoted.end());
  const refused = await insert(demoted).catch((error: unknown) => error);
  expect(postgresFault(refused)).toBe('unavailable');
  const inside = await inTransaction(demoted, insert).catch((error: unknown) => error);
  expect(postgresFault(inside)).toBe('unavailable');
  await admin.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
  // A connection from before would be read-only for ever.
  await inTransaction(demoted, insert);
  expect(await backends()).toHaveLength(1);
});

test('what PostgreSQL refuses is not repeated', async () => {
  const before = await admin.query('SELECT id FROM things ORDER BY id');
  const refused = await admin
    .query("INSERT INTO things VALUES (1, 'again')")
    .catch((error: unknown) => error);
  expect(postgresFault(refused)).toBe('refused');
  expect(postgresFault(new Error('something else'))).toBeUndefined();
  expect((await admin.query('SELECT id FROM things ORDER BY id')).rows).toEqual(before.rows);
});
