import { type ChildProcess, spawn } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startEventStore } from '../../local/event-store/server.ts';
import { freePorts } from '../../local/ports.ts';
import { migrateAll } from '../../projector/schemas/migrate.ts';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { createPool, type Pool } from '../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../shared/clock.ts';
import { createLogger } from '../../shared/logger.ts';
import { createVault } from '../../shared/vault/postgres-vault.ts';
import { eventually } from '../support/eventually.ts';
import { startKafka } from '../support/kafka.ts';
import { startPostgres, startRedis } from '../support/servers.ts';

const KEY = Buffer.alloc(32, 7);
export const MASTER_KEY = createSecretKey(KEY);
const TOPIC = 'license-events';
const PARTITIONS = 12;
const root = path.resolve(import.meta.dirname, '../..');
const logger = createLogger({ service: 'bench', level: process.env.LOG_LEVEL ?? 'silent' });
const WATCH_MS = 2_000;

/** PostgreSQL, Redis, Kafka and an event store, all empty and migrated, and what runs beside them. */
export async function startSurroundings() {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await startPostgres());
  const redis = stack.use(await startRedis());
  const kafka = stack.use(await startKafka());
  const databaseUrl = await createDatabase(postgres.url, 'license_system');
  const storeDatabaseUrl = await createDatabase(postgres.url, 'event_store');
  const pool = createPool({
    connectionString: databaseUrl,
    applicationName: 'bench',
    max: 4,
    statementTimeoutMs: 600_000,
    logger,
  });
  stack.defer(() => pool.end());
  await migrateAll({ database: pool, vault: pool });
  const [storePort] = (await freePorts(1)) as [number];
  const eventStoreUrl = `esdb://127.0.0.1:${storePort}?tls=false`;
  const log = connectEventLog({ connectionString: eventStoreUrl });
  stack.defer(() => log.close());
  const env = {
    ...process.env,
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    EVENTSTORE_URL: eventStoreUrl,
    VAULT_MASTER_KEY: KEY.toString('base64url'),
    KAFKA_BROKERS: kafka.url,
    KAFKA_TOPIC: TOPIC,
    KAFKA_TOPIC_PARTITIONS: String(PARTITIONS),
    PROJECTOR_FEED: 'kafka',
  };
  const kept = stack.move();
  return {
    pool,
    log,
    vault: createVault({ db: pool, masterKey: MASTER_KEY, clock: systemClock }),
    databaseUrl,
    storeDatabaseUrl,
    env,
    /** Once the history is in its table: nobody else may write to that meanwhile. */
    async startStore() {
      const options = { host: '127.0.0.1', port: storePort, databaseUrl: storeDatabaseUrl, logger };
      const store = await startEventStore(options);
      kept.defer(() => store.close());
    },
    projectors: (): Projectors => new Projectors(pool, env),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type Surroundings = Awaited<ReturnType<typeof startSurroundings>>;

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const pool = createPool({ connectionString: serverUrl, applicationName: 'bench', max: 1, logger });
  try {
    await pool.query(`CREATE DATABASE ${name}`);
  } finally {
    await pool.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** A service as a process of its own, which is ready when this resolves. */
async function startService(main: string, env: NodeJS.ProcessEnv): Promise<Service> {
  const [port] = (await freePorts(1)) as [number];
  const child = spawn(process.execPath, [path.join(root, main)], {
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { child, url: `http://127.0.0.1:${port}` };
}

interface Service {
  readonly child: ChildProcess;
  readonly url: string;
}

async function end({ child }: Service, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

/** Has the relay send everything up to this position, and ends it. */
export async function relayAll({ pool, env }: Surroundings, head: number): Promise<void> {
  const relay = await startService('projector/relay/main.ts', env);
  try {
    const there = async () => {
      const { rowCount } = await pool.query('SELECT FROM relay.checkpoints WHERE last_event_commit >= $1', [
        head,
      ]);
      return rowCount === 1;
    };
    await eventually('everything is relayed', there, 3_600_000);
  } finally {
    await end(relay, 'SIGTERM');
  }
}

export interface Progress {
  /** Events that count in the rows: by the users' revisions. */
  readonly applied: number;
  /** For people. */
  readonly shares: string;
  /** Records between what is applied and the partitions' ends; Infinity while a partition is nobody's. */
  readonly behind: number;
}

/** Projector processes of one consumer group. */
export class Projectors {
  readonly #pool: Pool;
  readonly #env: NodeJS.ProcessEnv;
  #running: Service[] = [];

  constructor(pool: Pool, env: NodeJS.ProcessEnv) {
    this.#pool = pool;
    this.#env = env;
  }

  async spawn(): Promise<void> {
    this.#running.push(await startService('projector/main.ts', this.#env));
  }

  async killFirst(): Promise<void> {
    const [first, ...others] = this.#running;
    this.#running = others;
    if (first) await end(first, 'SIGKILL');
  }

  /** How far they are, again and again. @throws Error one of them has ended by itself */
  async *watch(): AsyncGenerator<Progress, never> {
    for (;;) {
      await delay(WATCH_MS);
      const gone = this.#running.find(({ child }) => child.exitCode !== null);
      if (gone) throw new Error(`a projector ended with code ${gone.child.exitCode}`);
      const each = await Promise.all(this.#running.map(shareOf));
      const { rows } = await this.#pool.query(
        'SELECT COALESCE(sum(revision + 1), 0) AS n FROM read_model.users',
      );
      const taken = each.reduce((sum, { partitions }) => sum + partitions, 0);
      yield {
        applied: Number(rows[0].n),
        shares: each.map(({ partitions, megabytes }) => `${partitions} (${megabytes})`).join(', '),
        behind: taken === PARTITIONS ? each.reduce((sum, { lag }) => sum + lag, 0) : Number.POSITIVE_INFINITY,
      };
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((service) => end(service, 'SIGTERM')));
    this.#running = [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** What a projector has to do; nothing while it does not listen yet. */
async function shareOf({ child, url }: Service) {
  const text = await fetch(`${url}/metrics`).then(
    (response) => response.text(),
    () => '',
  );
  const sum = (name: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return {
    partitions: sum('projector_kafka_partitions'),
    lag: sum('projector_lane_lag_events'),
    megabytes: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024),
  };
}
