import fc from 'fast-check';
import { afterAll, expect, inject, test } from 'vitest';
import { copyRows } from '../../../shared/adapters/postgres/copy.ts';
import { createPool, inTransaction } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';

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
