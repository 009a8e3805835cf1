import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { formatRings, newRing, newRings, parseRings } from '../../../shared/tokens/ring-model.ts';
import { createDatabase, type TestDatabase } from '../../support/servers/databases.ts';
import { ReadModel } from '../query-service/read-model.ts';

const HOUR_MS = 3_600_000;
const entry = path.resolve(import.meta.dirname, '../../../cli/main.ts');
/** Loaded before the tool: its machine's clock is an hour ahead. */
const AHEAD = `data:text/javascript,${encodeURIComponent(`const now = Date.now; Date.now = () => now() + ${HOUR_MS};`)}`;

let database: TestDatabase;
let pool: Pool;
let readModel: ReadModel;
let folder: string;
let file: string;

beforeAll(async () => {
  database = await createDatabase();
  const logger = createLogger({ service: 'test', level: 'silent' });
  pool = createPool({ connectionString: database.url, applicationName: 'test', max: 1, logger });
  readModel = new ReadModel(pool);
  await readModel.create();
  folder = mkdtempSync(path.join(tmpdir(), 'license-test-keys-'));
  file = path.join(folder, 'rings.json');
});
afterAll(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
beforeEach(() => writeFileSync(file, formatRings(newRings(Date.now()))));

const rings = () => parseRings(readFileSync(file, 'utf8'));

interface Run {
  /** What somebody types; nothing is typed and the input ends where it is left out. */
  readonly typed?: string;
  readonly databaseUrl?: string;
}

/** Runs `keys …` on a machine whose clock is an hour ahead. */
async function keys(args: readonly string[], { typed = '', databaseUrl = database.url }: Run = {}) {
  const child = spawn(process.execPath, ['--import', AHEAD, entry, 'keys', ...args], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', KEYRING_FILE: file, DATABASE_URL: databaseUrl },
  });
  child.stdin.end(typed);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code as number, out, err };
}

it('a withdrawal says how many licenses it ends, and asks', async () => {
  await readModel.addUser();
  await readModel.addUser();
  const kid = rings().activation.keys[0]?.kid as string;
  const refused = await keys(['withdraw', kid], { typed: 'no\n' });
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('It ends the activation keys of 2 of 2 active licenses');
  expect(refused.err).toContain(`Withdraw ${kid} (activation)? [yes/no]`);
  const unanswered = await keys(['withdraw', kid]);
  expect(unanswered).toMatchObject({ code: 1, out: '' });
  expect(unanswered.err).toContain('--yes');
  expect(rings().activation.keys).toHaveLength(1);

  expect(await keys(['withdraw', kid], { typed: 'yes\n' })).toMatchObject({ code: 0, out: `${kid}\n` });
  expect(rings().activation.keys).toHaveLength(2);
});

it('takes its instants from the clock that the nodes go by, and not from its own', async () => {
  const kid = rings().access.keys[0]?.kid as string;
  expect(await keys(['withdraw', kid, '--yes'])).toMatchObject({ code: 0 });
  const [withdrawn, successor] = rings().access.keys;
  const late = (instant: string | undefined) => Date.parse(instant ?? '') - Date.now();
  expect(late(withdrawn?.withdrawnAt)).toBeLessThan(10_000);
  expect(late(successor?.signsFrom)).toBeLessThan(10_000);
  expect(await keys(['rotate', '--lead', '10', '--kind', 'lease'])).toMatchObject({ code: 0 });
  expect(late(rings().lease.keys[1]?.signsFrom)).toBeLessThan(11 * 60_000);
});

it('while PostgreSQL is unreachable it says why it can’t, and goes by the local clock only when told to', async () => {
  const kid = rings().activation.keys[0]?.kid as string;
  const away = { databaseUrl: 'postgres://127.0.0.1:1/none' };
  const refused = await keys(['withdraw', kid, '--yes'], away);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('--local-clock');
  expect(await keys(['withdraw', kid, '--yes', '--local-clock'], away)).toMatchObject({ code: 0 });
});

it('a key that an older release used for every kind is withdrawn for the one that is named', async () => {
  const ring = newRing(Date.now());
  writeFileSync(file, JSON.stringify(ring));
  const kid = ring.keys[0]?.kid as string;
  const unclear = await keys(['withdraw', kid, '--yes']);
  expect(unclear).toMatchObject({ code: 2, out: '' });
  expect(unclear.err).toContain('--kind access|activation|lease');
  const done = await keys(['withdraw', kid, '--kind', 'access', '--yes']);
  expect(done).toMatchObject({ code: 0 });
  expect(done.err).toContain('It stays good for: activation, lease');
  const isWithdrawn = (kind: 'access' | 'activation' | 'lease') =>
    rings()[kind].keys.find((key) => key.kid === kid)?.withdrawnAt !== undefined;
  expect([isWithdrawn('access'), isWithdrawn('activation'), isWithdrawn('lease')]).toEqual([
    true,
    false,
    false,
  ]);
});
