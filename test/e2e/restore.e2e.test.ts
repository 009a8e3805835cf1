import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findPrograms } from '../../local/servers/programs.ts';
import { eventually } from '../support/eventually.ts';
import { ask, type Licensed, signUpLicensed, validate } from '../support/requests/api.ts';
import { type LaunchedStack, launch, newDataDirectory, spawnLauncher } from '../support/stack.ts';

/** docs/operations.md, "Backups", step by step: each test restores what the book says, and serves everybody again. */
const data = newDataDirectory();
let stack: LaunchedStack;
let before: Licensed;

beforeAll(async () => {
  stack = await launch({ data, args: ['--no-tour'] });
  before = await signUpLicensed(stack.url);
}, 120_000);

afterAll(async () => {
  await stack.interrupt();
  rmSync(data, { recursive: true, force: true });
});

const { postgres } = findPrograms(['postgres'], (line) => void process.stderr.write(`${line}\n`));

/** One of PostgreSQL's own programs, against a database of the stack. */
function postgresTool(name: string, database: string, ...args: readonly string[]): void {
  const env = execFileSync(process.execPath, [
    `--env-file=${path.join(data, 'env')}`,
    '-p',
    'process.env.DATABASE_URL',
  ]);
  const url = new URL(env.toString().trim());
  url.pathname = `/${database}`;
  execFileSync(path.join(path.dirname(postgres), name), [...args, '--dbname', url.href], { stdio: 'pipe' });
}

const service = (name: string) => stack.processes().get(name) as number;

/** Ends processes, which the launcher starts again: whatever they knew is gone. */
async function restart(...names: readonly string[]): Promise<void> {
  const old = names.map(service);
  for (const pid of old) process.kill(pid, 'SIGTERM');
  for (const [i, name] of names.entries())
    await eventually(`${name} is another`, () => (service(name) ?? old[i]) !== old[i], 60_000);
}

const SERVICES = ['command-1', 'projector', 'notifier', 'query-1', 'query-2'];
const logIn = ({ email, password }: Licensed) => ask(stack.url, '/v1/login', { body: { email, password } });
const signUp = ({ email, password }: Licensed) => ask(stack.url, '/v1/signup', { body: { email, password } });

it('lost signing keys are not made again in silence, but by a word', async () => {
  const ring = path.join(data, 'keys', 'keyring.json');
  await stack.interrupt();
  rmSync(ring);
  const { launcher, output } = spawnLauncher([
    '--no-tour',
    '--data',
    data,
    '--port',
    new URL(stack.url).port,
  ]);
  await once(launcher, 'exit');
  expect(launcher.exitCode).toBe(1);
  expect(output()).toContain(`${ring}, are gone`);
  expect(output()).toContain('npm start -- --replace-keys');
  expect(output()).not.toMatch(/^ +at /m);
  expect(existsSync(ring)).toBe(false);
  stack = await launch({ data, args: ['--no-tour', '--replace-keys'] });
  expect((await validate(stack.url, before)).body.code).toBe('INVALID_KEY');
  before = await signUpLicensed(stack.url);
}, 120_000);

it('a vault of yesterday: those who came since are written off, erased, and can come again', async () => {
  const dump = path.join(data, 'vault.dump');
  postgresTool('pg_dump', 'license_system', '--schema=vault', '-Fc', '-f', dump);
  const since = await signUpLicensed(stack.url);
  postgresTool('pg_restore', 'license_system', '--clean', '--if-exists', dump);

  expect(await stack.tool('vault', 'apply-erasures')).toBe('0');
  expect(await stack.tool('vault', 'missing')).toBe(since.userId);
  expect(await stack.tool('vault', 'missing', '--write-off')).toBe(since.userId);
  expect(await stack.tool('vault', 'missing')).toBe('');
  await restart(...SERVICES);

  await eventually('who was there before logs in', async () => (await logIn(before)).status === 200, 60_000);
  const operator = await stack.tool('token', '--role', 'operator', '--subject', 'restore');
  const erased = await ask(stack.url, `/v1/users/${since.userId}`, { method: 'DELETE', token: operator });
  expect(erased.status).toBe(204);
  expect((await signUp(since)).status).toBe(201);
  await stack.tool('rebuild', '--accept-differences');
  expect((await validate(stack.url, before)).body.code).toBe('VALID');
}, 240_000);

it('an event store of yesterday: the read models are rebuilt from it, and everything goes on', async () => {
  const dump = path.join(data, 'event-store.dump');
  postgresTool('pg_dump', 'event_store', '-Fc', '-f', dump);
  const since = await signUpLicensed(stack.url);
  postgresTool('pg_restore', 'event_store', '--clean', '--if-exists', dump);
  await restart('event-store', 'command-1');

  await stack.tool('rebuild', '--force');
  await restart('projector', 'query-1', 'query-2');
  await eventually(
    'who was there before is valid',
    async () => {
      const { status, body } = await validate(stack.url, before, true);
      return status === 200 && body.code === 'VALID';
    },
    60_000,
  );
  await eventually(
    'who came since has to sign up again',
    async () => (await signUp(since)).status === 201,
    60_000,
  );
  const again = await signUpLicensed(stack.url);
  await eventually(
    'what is new is seen',
    async () => (await validate(stack.url, again, true)).body.code === 'VALID',
  );

  const notifier = path.join(data, 'logs', 'notifier.log');
  await eventually('the notifier names its way out', () =>
    /DELETE FROM notifications\.checkpoints.*notifier_stopped/.test(readFileSync(notifier, 'utf8')),
  );
  postgresTool('psql', 'license_system', '-c', 'DELETE FROM notifications.checkpoints');
  await eventually(
    'it follows the log again',
    () => /notifier_stopped.*"following"/s.test(readFileSync(notifier, 'utf8')),
    60_000,
  );
}, 240_000);
