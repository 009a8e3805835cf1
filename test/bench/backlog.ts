import { type ChildProcess, spawn } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startEventStore } from '../../local/event-store/server.ts';
import { freePorts } from '../../local/ports.ts';
import { migrateAll } from '../../projector/schemas/migrate.ts';
import { createPool, type Pool } from '../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { eventually } from '../support/eventually.ts';
import { type HistorySummary, writeHistory } from '../support/history.ts';
import { startKafka } from '../support/kafka.ts';
import { startPostgres, startRedis } from '../support/servers.ts';
import { createDatabase } from './system/databases.ts';

const HELP = `Usage: node local/bootstrap.mjs test/bench/backlog.ts [--events N] [--rounds N]

What an event costs those who follow the log: a history of N events (default 300,000) is worked off by a projector, and
by a relay in each round (default 2), one after the other. Prints events a second and the process's CPU time an event, as
Linux counts it. PostgreSQL, Redis, Kafka and the event store are started for it, and removed afterwards.
`;

const KEY = Buffer.alloc(32, 7);
const PARTITIONS = 12;
/** Of /proc/<pid>/stat: a hundredth of a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const TIMEOUT_MS = 3_600_000;
const root = path.resolve(import.meta.dirname, '../..');
const logger = createLogger({ service: 'bench', level: 'silent' });

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else await run(Number(values.events), Number(values.rounds));

async function run(events: number, rounds: number): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { pool, env, summary } = await prepare(stack, events);
  await using projector = await startService('projector/main.ts', env);
  await projector.measure('projector', summary, () => hasProjected(pool, summary));
  await projector.end();
  for (let round = 1; round <= rounds; round++) {
    const topic = `backlog-${round}`;
    await using relay = await startService('projector/relay/main.ts', { ...env, KAFKA_TOPIC: topic });
    await relay.measure(`relay ${round}`, summary, () => hasRelayed(pool, topic, summary));
  }
}

/** Empty servers, and a history in the event store. */
async function prepare(stack: AsyncDisposableStack, events: number) {
  const postgres = stack.use(await startPostgres());
  const redis = stack.use(await startRedis());
  const kafka = stack.use(await startKafka());
  const databaseUrl = await createDatabase(postgres.url, 'license_system');
  const eventStoreDatabaseUrl = await createDatabase(postgres.url, 'event_store');
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'bench', max: 2, logger });
  stack.defer(() => pool.end());
  await migrateAll({ database: pool, vault: pool });
  const summary = await writeHistory({
    eventStoreDatabaseUrl,
    databaseUrl,
    masterKey: createSecretKey(KEY),
    events,
    users: Math.ceil(events / 10),
  });
  const [port] = (await freePorts(1)) as [number];
  const store = await startEventStore({
    host: '127.0.0.1',
    port,
    databaseUrl: eventStoreDatabaseUrl,
    logger,
  });
  stack.defer(() => store.close());
  const env = {
    ...process.env,
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    EVENTSTORE_URL: `esdb://127.0.0.1:${port}?tls=false`,
    VAULT_MASTER_KEY: KEY.toString('base64url'),
    KAFKA_BROKERS: kafka.url,
    KAFKA_TOPIC_PARTITIONS: String(PARTITIONS),
  };
  return { pool, env, summary };
}

/** By the users' revisions: events of other streams change no row. */
async function hasProjected(pool: Pool, { events, byType }: HistorySummary): Promise<boolean> {
  const ofUsers = events - (byType.EmailReserved ?? 0) - (byType.EmailReleased ?? 0);
  const { rows } = await pool.query('SELECT sum(revision + 1) AS n FROM read_model.users');
  return Number(rows[0].n) >= ofUsers;
}

async function hasRelayed(pool: Pool, topic: string, { head }: HistorySummary): Promise<boolean> {
  const { rowCount } = await pool.query(
    'SELECT FROM relay.checkpoints WHERE topic = $1 AND last_event_commit >= $2',
    [topic, head],
  );
  return rowCount === 1;
}

async function startService(main: string, env: NodeJS.ProcessEnv) {
  const [port] = (await freePorts(1)) as [number];
  const child = spawn(process.execPath, [path.join(root, main)], {
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually(`${main} answers`, answers, TIMEOUT_MS);
  return {
    async measure(name: string, { events }: HistorySummary, done: () => Promise<boolean>): Promise<void> {
      const from = { at: performance.now(), cpu: cpuSeconds(child) };
      await eventually(`${name} has worked off the backlog`, done, TIMEOUT_MS);
      const seconds = (performance.now() - from.at) / 1_000;
      const micros = ((cpuSeconds(child) - from.cpu) / events) * 1e6;
      const rate = Math.round(events / seconds).toLocaleString('en');
      process.stdout.write(`${name.padEnd(12)} ${rate} events/s, ${micros.toFixed(1)} µs of CPU an event\n`);
    },
    async end(): Promise<void> {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await this.end();
    },
  };
}

/** User and system time of a process, fields 14 and 15 of proc(5). */
function cpuSeconds({ pid }: ChildProcess): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
