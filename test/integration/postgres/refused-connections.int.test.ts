import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresFault } from '../../../shared/adapters/postgres/faults.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { Authority } from '../../support/servers/authority.ts';
import { startPostgres, type TestServer } from '../../support/servers/servers.ts';
import { newDataDirectory } from '../../support/stack.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const DAY_MS = 86_400_000;

let server: TestServer;
let folder: string;
let authority: Authority;
let plain: Pool;
const pools: Pool[] = [];

const poolTo = (url: string): Pool => {
  const pool = createPool({ connectionString: url, applicationName: 'test', max: 1, logger });
  pools.push(pool);
  return pool;
};
const overTls = (ca: string): string => `${server.url}?sslmode=verify-full&sslrootcert=${ca}`;

async function show(endsInMs: number, names?: string): Promise<void> {
  authority.issue('postgres', endsInMs, names);
  await plain.query('SELECT pg_reload_conf()');
}

const faultOf = (pool: Pool) =>
  pool.query('SELECT 1').then(
    () => 'answered',
    (error: Error & { code?: string }) => `${postgresFault(error)}: ${error.code ?? error.message}`,
  );

beforeAll(async () => {
  server = await startPostgres();
  folder = newDataDirectory();
  authority = new Authority(path.join(folder, 'tls'));
  plain = poolTo(server.url);
  const { files } = authority.issue('postgres', DAY_MS);
  await plain.query(`ALTER SYSTEM SET ssl_cert_file = '${files.certificateFile}'`);
  await plain.query(`ALTER SYSTEM SET ssl_key_file = '${files.keyFile}'`);
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function takeTls(on: 'on' | 'off'): Promise<void> {
  await plain.query(`ALTER SYSTEM SET ssl = ${on}`);
  await plain.query('SELECT pg_reload_conf()');
}

test('an expired certificate makes it unavailable, and the next connection takes the one that replaced it', async () => {
  await takeTls('on');
  await show(-1_000);
  const pool = poolTo(overTls(authority.file));
  await eventually('the certificate is shown', async () =>
    (await faultOf(pool)).includes('CERT_HAS_EXPIRED'),
  );
  expect(await faultOf(pool)).toBe('unavailable: CERT_HAS_EXPIRED');
  await show(DAY_MS);
  await eventually('it is taken', async () => (await faultOf(pool)) === 'answered');
});

test('a certificate of an authority that is not trusted, or for another name, makes it unavailable', async () => {
  await takeTls('on');
  await show(DAY_MS);
  const other = new Authority(path.join(folder, 'other'));
  await eventually(
    'TLS is spoken',
    async () => (await faultOf(poolTo(overTls(authority.file)))) === 'answered',
  );
  expect(await faultOf(poolTo(overTls(other.file)))).toMatch(
    /^unavailable: [A-Z_]*(ISSUER|SIGNED|SIGNATURE)/,
  );
  await show(DAY_MS, 'DNS:elsewhere.example');
  const refused = async () => (await faultOf(poolTo(overTls(authority.file)))) !== 'answered';
  await eventually('it is shown', refused);
  expect(await faultOf(poolTo(overTls(authority.file)))).toBe('unavailable: ERR_TLS_CERT_ALTNAME_INVALID');
});

test('a password that is refused, as while it is replaced, is no fault of the statement', async () => {
  expect(await faultOf(poolTo(server.url.replace(':test@', ':former@')))).toBe('unavailable: 28P01');
  expect(await faultOf(poolTo(server.url.replace(/postgres$/, 'restored')))).toBe('unavailable: 3D000');
});

test('a server without TLS is unavailable to who asks for it', async () => {
  await takeTls('off');
  const without = 'unavailable: The server does not support SSL connections';
  await eventually('TLS is off', async () => (await faultOf(poolTo(overTls(authority.file)))) === without);
});
