import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { startProcess } from '../../local/processes/process.ts';
import { untilReady } from '../../local/processes/supervisor.ts';
import { serverAccount } from '../../local/servers/account.ts';
import {
  ensureDatabase,
  postgresAnswers,
  postgresUrl,
  preparePostgres,
} from '../../local/servers/postgres.ts';
import { findPrograms } from '../../local/servers/programs.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { eventually } from '../support/eventually.ts';
import { ask } from '../support/requests/api.ts';
import { dispose, type LaunchedStack, launch, newDataDirectory, settingOf } from '../support/stack.ts';

interface EarlierCustomer {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly user_id: string;
  readonly erased?: boolean;
  readonly clients: readonly {
    readonly client_id: string;
    readonly license_id: string;
    readonly activation_key: string;
    readonly answer: { readonly code: string };
  }[];
}

const release = path.resolve(import.meta.dirname, '../fixtures/release-0.1.0');
const file = (name: string) => readFileSync(path.join(release, name), 'utf8');
const customers: readonly EarlierCustomer[] = JSON.parse(file('customers.json'));
const clients = customers.flatMap((customer) => customer.clients);
const logger = createLogger({ service: 'test', level: 'silent' });

/** What a subscription's dates alone may have made of an answer since. */
const LATER = ['VALID', 'CANCELLED', 'EXPIRED'];

/** A data directory as release 0.1.0 left it. */
async function earlierData(): Promise<string> {
  const data = newDataDirectory();
  for (const folder of ['keys', 'logs']) mkdirSync(path.join(data, folder), { mode: 0o755 });
  for (const key of ['keyring.json', 'master.key'])
    cpSync(path.join(release, key), path.join(data, 'keys', key));
  const password = 'of-the-earlier-release';
  writeFileSync(path.join(data, 'keys', 'postgres.password'), password, { mode: 0o600 });
  const [port] = (await freePorts(1)) as [number];
  const server = await startProcess(
    preparePostgres({
      programs: findPrograms(['postgres', 'initdb'], () => undefined),
      directory: path.join(data, 'postgres'),
      port,
      password,
      account: serverAccount(),
      logFile: path.join(data, 'logs', 'postgres.log'),
    }),
  );
  try {
    const urlOf = (database?: string) => postgresUrl({ port, password }, database);
    await untilReady(server, () => postgresAnswers(urlOf(), logger));
    for (const database of ['license_system', 'event_store']) {
      await ensureDatabase(urlOf(), database, logger);
      const pool = createPool({
        connectionString: urlOf(database),
        applicationName: 'restore',
        max: 1,
        logger,
      });
      await pool.query(file(`${database}.sql`)).finally(() => pool.end());
    }
  } finally {
    await server.stop();
  }
  return data;
}

let stack: LaunchedStack;
beforeAll(async () => {
  stack = await launch({ data: await earlierData() });
}, 120_000);
afterAll(() => dispose(stack));

describe('the data of release 0.1.0, under this release', () => {
  it('has every activation key answered as it was', async () => {
    expect(clients.length).toBeGreaterThan(30);
    for (const { client_id: clientId, license_id: licenseId, activation_key: token, answer } of clients) {
      const { status, body } = await ask(stack.url, `/v1/licenses/validate?client_id=${clientId}`, { token });
      expect({ clientId, status, licenseId: body.license_id }).toEqual({ clientId, status: 200, licenseId });
      expect(answer.code === 'VALID' ? LATER : [answer.code]).toContain(body.code);
    }
  });

  it('lets every customer log in with their password, except the one who was erased', async () => {
    for (const { email, password, user_id: userId } of customers.filter(({ erased }) => !erased)) {
      const { status, body } = await ask(stack.url, '/v1/login', { body: { email, password } });
      expect({ email, status, userId: body.user_id }).toEqual({ email, status: 200, userId });
    }
  });

  it('gives an active client its license again, and a new client a new one', async () => {
    const customer = customers.find(({ name }) => name === 'plan-enterprise') as EarlierCustomer;
    const [known] = customer.clients;
    const { body: session } = await ask(stack.url, '/v1/login', { body: customerCredentials(customer) });
    const token = String(session.access_token);
    const again = await ask(stack.url, '/v1/activations', { token, body: { client_id: known?.client_id } });
    expect({ status: again.status, license: again.body.license_id }).toEqual({
      status: 200,
      license: known?.license_id,
    });
    const fresh = await ask(stack.url, '/v1/activations', {
      token,
      body: { client_id: 'after-the-upgrade' },
    });
    expect(fresh.status).toBe(201);
  });

  it('is rebuilt to equal rows', async () => {
    const pool = createPool({
      connectionString: settingOf(stack.data, 'DATABASE_URL'),
      applicationName: 'test',
      max: 1,
      logger,
    });
    const unknown = 'SELECT FROM read_model.subscriptions WHERE cancelled AND cancelled_by IS NULL';
    await eventually(
      'it is filled in who cancelled',
      async () => (await pool.query(unknown)).rowCount === 0,
    ).finally(() => pool.end());
    // With any row that differs the tool exits with 1, and this throws.
    expect((await stack.toolOutput('rebuild')).stderr).toContain('Switched');
  });
});

const customerCredentials = ({ email, password }: EarlierCustomer) => ({ email, password });
