import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import path from 'node:path';
import { createSecretFile } from '../shared/files/secret-file.ts';
import { createLogger } from '../shared/process/logger.ts';
import { prepareBroker } from './broker.ts';
import type { Options } from './options.ts';
import { EVERYWHERE, freePorts, LOOPBACK } from './ports.ts';
import { type Supervisor, untilReady } from './processes/supervisor.ts';
import { serverAccount } from './servers/account.ts';
import { ensureDatabase, postgresAnswers, postgresUrl, preparePostgres } from './servers/postgres.ts';
import { findPrograms } from './servers/programs.ts';
import { prepareRedis, redisAnswers } from './servers/redis.ts';
import type { Backends } from './services.ts';

/**
 * Starts what the services connect to (but the event store, which is one of them), and resolves when all of it answers.
 * @throws ProgramsMissing a server is not installed and can't be
 * @throws StartRefused no broker answers where KAFKA_BROKERS says
 */
export async function startBackends(
  options: Options,
  supervisor: Supervisor,
  say: (line: string) => void,
): Promise<Backends> {
  const programs = findPrograms(['postgres', 'initdb', 'redis-server', 'nginx'], say);
  const account = serverAccount();
  const logger = createLogger({ service: 'launcher', level: 'silent' });
  const [postgresPort, redisPort, eventStorePort] = (await freePorts(3)) as [number, number, number];
  const password = await savedPassword(path.join(options.data, 'keys', 'postgres.password'));
  const logFile = (name: string) => path.join(options.data, 'logs', `${name}.log`);

  // Before anything runs: what is missing for it is told at once.
  const broker = options.kafka && (await prepareBroker(options.kafka, options.data, say, supervisor.signal));
  say(`Starting PostgreSQL${broker ? ', Redis and Kafka' : ' and Redis'} …`);
  const postgres = await supervisor.start(
    'servers',
    preparePostgres({
      programs,
      directory: path.join(options.data, 'postgres'),
      port: postgresPort,
      password,
      account,
      logFile: logFile('postgres'),
    }),
  );
  const redis = await supervisor.start(
    'servers',
    prepareRedis({
      program: programs['redis-server'],
      directory: path.join(options.data, 'redis'),
      port: redisPort,
      account,
      logFile: logFile('redis'),
    }),
  );
  const urlOf = (database?: string) => postgresUrl({ port: postgresPort, password }, database);
  const kafka = broker && (await broker.start(supervisor));
  await Promise.all([
    kafka?.ready,
    untilReady(postgres, () => postgresAnswers(urlOf(), logger), supervisor.signal),
    untilReady(redis, () => redisAnswers(redisPort), supervisor.signal),
  ]);
  await ensureDatabase(urlOf(), 'license_system', logger);
  await ensureDatabase(urlOf(), 'event_store', logger);
  return {
    databaseUrl: urlOf('license_system'),
    eventStoreDatabaseUrl: urlOf('event_store'),
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    eventStoreUrl: options.eventStore ?? `esdb://127.0.0.1:${eventStorePort}?tls=false`,
    eventStorePort: options.eventStore === undefined ? eventStorePort : undefined,
    data: options.data,
    catalogue: options.catalogue,
    publicUrl: publicUrl(options),
    kafka: kafka?.settings,
  };
}

/** By name, unless one address alone is listened on. */
function publicUrl({ addresses, port }: Options): string {
  const [only = ''] = addresses;
  const shared = [LOOPBACK, EVERYWHERE].some((list) => list.includes(only));
  return `http://${shared ? 'localhost' : isIPv6(only) ? `[${only}]` : only}:${port}`;
}

async function savedPassword(file: string): Promise<string> {
  if (!existsSync(file)) await createSecretFile(file, randomBytes(24).toString('base64url'));
  return readFileSync(file, 'utf8').trim();
}
