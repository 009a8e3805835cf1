import fc from 'fast-check';
import { afterAll, expect, inject, test } from 'vitest';
import { copyRows } from '../../../shared/adapters/postgres/copy.ts';
import { createPool, inTransaction } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { startTcpProxy } from '../../support/servers/tcp-proxy.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const pool = createPool({
  connectionString: inject('postgresUrl'),
  applicationName: 'test',
  max: 1,
  logger,
});
afterAll(() => pool.end());

const COLUMNS = ['place', 'name', 'facts', 'at', 'good', 'big'] as const;
const MAKE = `CREATE TEMP TABLE copied (place integer PRIMARY KEY, name text, facts jsonb, at timestamptz, good boolean, big bigint)
  ON COMMIT DROP`;

interface Row {
  readonly name: string | null;
  readonly facts: object;
  readonly at: Date | null;
  readonly good: boolean;
  readonly big: bigint;
}

const copied = (rows: readonly Row[]) =>
  inTransaction(pool, async (client) => {
    await client.query(MAKE);
    await copyRows(
      client,
      'copied',
      COLUMNS,
      rows.map((row, place) => ({ place, ...row })),
    );
    return (await client.query('SELECT name, facts, at, good, big FROM copied ORDER BY place')).rows;
  });

// PostgreSQL's text holds no NUL, in JSON neither.
const text = fc.string({ unit: 'binary' }).map((any) => any.replaceAll('\0', ''));
const special = fc.constantFrom('', '\\N', '\\.', '\t', 'a\\tb', '\r\n', '\\', '{}', 'null');
const row: fc.Arbitrary<Row> = fc.record({
  name: fc.option(fc.oneof(text, special)),
  facts: fc.dictionary(text, fc.oneof(text, special), { noNullPrototype: true }),
  at: fc.option(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2999-12-31') })),
  good: fc.boolean(),
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
});

test('any rows arrive as they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row), async (rows) => {
      expect(await copied(rows)).toEqual(rows.map((one) => ({ ...one, big: String(one.big) })));
    }),
  );
});

const PLAIN: Row = { name: null, facts: {}, at: null, good: true, big: 0n };

test.each([
  ['a NUL', { ...PLAIN, name: 'a\0b' }, '22021'],
  ['half of a surrogate pair', { ...PLAIN, name: 'a\ud800b' }, '22021'],
  ['half of a surrogate pair in JSON', { ...PLAIN, facts: { a: '\udc00' } }, '22P02'],
])('%s is refused, as a value, and the connection goes on', async (_what, bad, code) => {
  await expect(copied([PLAIN, bad])).rejects.toMatchObject({ code });
  expect(await copied([PLAIN])).toHaveLength(1);
});

test('a row that is there is refused, and none is added', async () => {
  await expect(
    inTransaction(pool, async (client) => {
      await client.query(MAKE);
      await copyRows(client, 'copied', ['place'], [{ place: 1 }, { place: 1 }]);
    }),
  ).rejects.toMatchObject({ code: '23505' });
});

test('a table that is not there is refused, and the connection goes on', async () => {
  const client = await pool.connect();
  try {
    await expect(copyRows(client, 'nowhere', ['place'], [{ place: 1 }])).rejects.toMatchObject({
      code: '42P01',
    });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  } finally {
    client.release();
  }
});

test('rows do not wait for PostgreSQL to ask for them: it would wait as long for a process that was frozen', async () => {
  const url = new URL(inject('postgresUrl'));
  await using proxy = await startTcpProxy(Number(url.port));
  const direct = url.href;
  url.port = String(proxy.port);
  const through = createPool({ connectionString: url.href, applicationName: 'test', max: 1, logger });
  const table = `copied_${process.pid}`;
  const beside = createPool({ connectionString: direct, applicationName: 'test', max: 1, logger });
  try {
    await beside.query(`CREATE TABLE ${table} (place integer)`);
    const client = await through.connect();
    proxy.holdAnswers();
    const copying = copyRows(client, table, ['place'], [{ place: 1 }]);
    await eventually('the row is there', async () => {
      const { rows } = await beside.query(`SELECT FROM ${table}`);
      return rows.length === 1;
    });
    proxy.thaw();
    await copying;
    client.release();
  } finally {
    await beside.query(`DROP TABLE IF EXISTS ${table}`);
    await Promise.all([through.end(), beside.end()]);
  }
});
