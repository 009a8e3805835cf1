import { type ChildProcess, spawn } from 'node:child_process';
import { createSecretKey, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { inject } from 'vitest';
import { startEventStore } from '../../local/event-store/server.ts';
import { freePorts } from '../../local/ports.ts';
import { startRelay } from '../../projector/relay/app.ts';
import { readRelayConfig } from '../../projector/relay/config.ts';
import { migrateAll } from '../../projector/schemas/migrate.ts';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../shared/clock.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { createVault } from '../../shared/vault/postgres-vault.ts';
import { createAuthors } from '../integration/projector/author.ts';
import { silent } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { createDatabase } from '../support/servers/databases.ts';

const root = path.resolve(import.meta.dirname, '../..');

interface LogLine {
  readonly msg: string;
  readonly way_out?: string;
  readonly err?: { readonly message: string };
}

export interface RelaySystemOptions {
  /** A PostgreSQL of the test's own, which it may stop; else the tier's. */
  readonly postgresUrl?: string;
  /** Brokers of the test's own; else the tier's. */
  readonly brokers?: string;
}

/** A relay's surroundings: a migrated database, an event store, Kafka with a topic name of its own. */
export async function createRelaySystem(options: RelaySystemOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createDatabase(options.postgresUrl ?? inject('postgresUrl')));
  const storeDatabase = stack.use(await createDatabase(inject('postgresUrl')));
  const storeOptions = { host: '127.0.0.1', databaseUrl: storeDatabase.url, logger: silent };
  let store = await startEventStore({ ...storeOptions, port: 0 });
  stack.defer(() => store.close());
  const pool = createPool({
    connectionString: database.url,
    applicationName: 'test',
    max: 4,
    logger: silent,
  });
  stack.defer(() => pool.end());
  await migrateAll({ database: pool, vault: pool });
  const masterKey = createSecretKey(Buffer.alloc(32, 7));
  const vault = createVault({ db: pool, masterKey, clock: systemClock });
  const log = connectEventLog({ connectionString: store.connectionString });
  stack.defer(() => log.close());
  const topic = `relay-${randomUUID()}`;
  const brokers = options.brokers ?? inject('kafkaBrokers');
  const env = () => ({
    NODE_ENV: 'test',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    PORT: '0',
    DRAIN_MS: '0',
    DATABASE_URL: database.url,
    EVENTSTORE_URL: store.connectionString,
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC: topic,
    KAFKA_TOPIC_PARTITIONS: '3',
  });
  const kept = stack.move();
  return {
    pool,
    log,
    topic,
    brokers,
    author: createAuthors(log, vault),
    env,
    /** Starts a relay in this process, which is stopped with the system unless the test does it. */
    async relay(settings: Record<string, string> = {}) {
      const config = readRelayConfig({ ...env(), ...settings });
      const lines: LogLine[] = [];
      const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
      const logger = createLogger({ service: 'relay', level: 'info', destination });
      const relay = await startRelay({ config, logger });
      kept.defer(() => relay.stop());
      return { ...relay, lines };
    },
    /** Starts a relay as a process of its own, which is killed with the system. */
    async spawnRelay(settings: Record<string, string> = {}) {
      const [port] = (await freePorts(1)) as [number];
      const child = spawn(process.execPath, [path.join(root, 'projector/relay/main.ts')], {
        env: { ...process.env, ...env(), ...settings, PORT: String(port) },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      kept.defer(() => killed(child));
      return { child, url: `http://127.0.0.1:${port}` };
    },
    stopStore: () => store.close(),
    /** Starts the event store again on its port, with another log if one is given. */
    async startStore(databaseUrl = storeDatabase.url) {
      store = await startEventStore({ ...storeOptions, port: store.port, databaseUrl });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type RelaySystem = Awaited<ReturnType<typeof createRelaySystem>>;

export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** What a relay says on /health/ready. */
export async function readiness({ url }: { readonly url: string }) {
  const response = await fetch(`${url}/health/ready`);
  const body = (await response.json()) as { dependencies: Record<string, string> };
  return { dependencies: body.dependencies, status: response.status };
}

/** A broker that was killed is back within 20 s, on a machine with time. */
const PATIENCE_MS = 60_000;

export const ready = (relay: { readonly url: string }) =>
  eventually('the relay is ready', async () => (await readiness(relay)).status === 200, PATIENCE_MS);

export const notReady = (relay: { readonly url: string }, dependency: string) =>
  eventually(
    `the relay is not ready for ${dependency}`,
    async () => {
      const { status, dependencies } = await readiness(relay);
      return status === 503 && dependencies[dependency] === 'down';
    },
    PATIENCE_MS,
  );

/** Waits until a relay has stopped and is not ready. Answers what it says about it in its log. */
export async function stopped(relay: { readonly url: string; readonly lines: LogLine[] }): Promise<string> {
  await eventually(
    'it stopped',
    async () => (await metric(relay, 'relay_state', 'stopped')) === 1,
    PATIENCE_MS,
  );
  await notReady(relay, 'relay');
  const line = relay.lines.findLast(({ msg }) => msg === 'relay_stopped');
  return `${line?.err?.message}; ${line?.way_out}`;
}

/** A metric's value as /metrics shows it; the sum over its labels unless some are given. */
export async function metric({ url }: { readonly url: string }, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** How far the topic is: the position that the relay has stored. */
export async function relayed({ pool, topic }: RelaySystem, position: string): Promise<void> {
  const [commit, prepare] = position.split('/');
  const there = async () => {
    const { rowCount } = await pool.query(
      `SELECT FROM relay.checkpoints
       WHERE topic = $1 AND (last_event_commit, last_event_prepare) >= ($2::bigint, $3::bigint)`,
      [topic, commit, prepare],
    );
    return rowCount === 1;
  };
  await eventually(`relayed ${position}`, there, PATIENCE_MS);
}
