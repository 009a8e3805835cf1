import { parseArgs } from 'node:util';
import { UNKNOWN_REQUESTER } from '../../../../command-service/accounts/hashing-queue.ts';
import { OWASP_COST, Passwords } from '../../../../command-service/accounts/passwords.ts';
import { createPool } from '../../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { createCodec } from '../../../../shared/events/codec.ts';
import { LATEST_SCHEMA_LEVEL } from '../../../../shared/events/schemas/catalogue.ts';
import { createLogger } from '../../../../shared/process/logger.ts';
import { loadMasterKey } from '../../../../shared/vault/master-key.ts';
import { createVault } from '../../../../shared/vault/postgres-vault.ts';
import { EventTable, type TableEvent } from '../../../support/event-table.ts';
import { VaultRows } from '../../../support/vault-rows.ts';
import { encoded } from './encode.ts';
import { PASSWORD } from './password.ts';
import { world } from './world.ts';

const BATCH = 2_000;
const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: {
    customers: { type: 'string' },
    'events-each': { type: 'string', default: '7' },
    seed: { type: 'string', default: '1' },
  },
});

/** Writes the history of so many customers into the log of the system whose settings the environment has, and says so as JSON. */
async function generate(): Promise<void> {
  const { DATABASE_URL, EVENT_STORE_DATABASE_URL } = process.env;
  if (!DATABASE_URL || !EVENT_STORE_DATABASE_URL) throw new Error('run it with the env file of a system');
  const logger = createLogger({ service: 'million', level: 'silent' });
  const masterKey = await loadMasterKey({ ...process.env, NODE_ENV: 'development' }, logger);
  const pool = (connectionString: string) =>
    createPool({ connectionString, applicationName: 'million', max: 2, statementTimeoutMs: 600_000, logger });
  const [db, store] = [pool(DATABASE_URL), pool(EVENT_STORE_DATABASE_URL)];
  const table = await EventTable.open(store);
  const vault = createVault({ db, masterKey, clock: systemClock });
  const keys = new VaultRows(db, masterKey);
  const codec = createCodec({ writeLevel: LATEST_SCHEMA_LEVEL, vault: keys });
  const passwords = new Passwords({ cost: OWASP_COST, maxConcurrent: 1, maxWaiting: 1 });
  const passwordHash = await passwords.hash(PASSWORD, UNKNOWN_REQUESTER);
  const options = {
    customers: Number(values.customers),
    eventsEach: Number(values['events-each']),
    seed: Number(values.seed),
    passwordHash,
  };
  const started = performance.now();
  const erased: string[] = [];
  let told = started;
  let sending: Promise<void> = Promise.resolve();
  const send = async (batch: readonly TableEvent[]) => {
    await keys.flush();
    await table.insert(batch);
    if (performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    const seconds = (told - started) / 1_000;
    process.stderr.write(
      `${table.written.toLocaleString('en')} events, ${Math.round(table.written / seconds).toLocaleString('en')}/s, ` +
        `${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB\n`,
    );
  };
  let batch: TableEvent[] = [];
  for await (const step of world(options, vault)) {
    for (const { event } of step.events) if (event.type === 'UserErased') erased.push(step.userId);
    batch.push(...(await encoded(codec, step)));
    if (batch.length < BATCH) continue;
    await sending;
    sending = send(batch);
    sending.catch(() => 'thrown where it is waited for');
    batch = [];
  }
  await sending;
  await send(batch);
  await vault.applyErasures(erased);
  const seconds = (performance.now() - started) / 1_000;
  process.stdout.write(
    `${JSON.stringify({ customers: options.customers, events: table.written, erased: erased.length, seed: options.seed, seconds })}\n`,
  );
  await table.close();
  await Promise.all([db.end(), store.end()]);
}

await generate();
