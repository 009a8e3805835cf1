import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createLogger } from '../shared/logger.ts';
import type { Options } from './options.ts';
import { freePorts, portIsFree } from './ports.ts';
import { ProcessRegistry } from './processes.ts';
import { serverAccount } from './servers/account.ts';
import { prepareNginx } from './servers/nginx.ts';
import { ensureDatabase, postgresAnswers, postgresUrl, preparePostgres } from './servers/postgres.ts';
import { findPrograms } from './servers/programs.ts';
import { prepareRedis, redisAnswers } from './servers/redis.ts';
import { type Backends, eventStoreSpec, serviceEnvironment, serviceSpec } from './services.ts';
import { answersOk, Supervisor, untilReady } from './supervisor.ts';
import { runTool } from './tool.ts';

/** The stack can't start for a reason that the user can do something about. */
export class StartRefused extends Error {
  readonly code = 'start_refused';
}

export interface Stack {
  readonly url: string;
  readonly backends: Backends;
  stop(): Promise<void>;
}

type Say = (line: string) => void;

/**
 * Starts everything and resolves when a request through Nginx is answered. What an earlier launcher left running (it
 * was killed) is ended first; its data is kept.
 * @throws StartRefused another launcher is running here, or the port is taken
 * @throws the signal's reason, once all that was started is stopped
 * @throws ProgramsMissing a server is not installed and can't be
 */
export async function startStack(options: Options, say: Say, signal: AbortSignal): Promise<Stack> {
  mkdirSync(path.join(options.data, 'logs'), { recursive: true });
  mkdirSync(path.join(options.data, 'keys'), { recursive: true, mode: 0o700 });
  const registry = await takeOver(options, say);
  const supervisor = new Supervisor(registry, say, signal);
  const stop = async () => {
    await supervisor.stop();
    registry.clear();
  };
  try {
    const backends = await startBackends(options, supervisor, say);
    writeEnvironment(backends);
    await startServices(options, backends, supervisor, say);
    return { url: backends.publicUrl, backends, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function takeOver(options: Options, say: Say): Promise<ProcessRegistry> {
  const registry = new ProcessRegistry(path.join(options.data, 'processes.json'));
  const other = await registry.runningLauncher();
  if (other !== undefined) {
    throw new StartRefused(
      `already running with this data (pid ${other}). Stop it with Ctrl-C there, or use --data DIR.`,
    );
  }
  const leftovers = await registry.endLeftovers();
  if (leftovers.length > 0) say(`Ended what an earlier start left running: ${leftovers.join(', ')}`);
  if (!(await portIsFree(options.port))) {
    throw new StartRefused(
      `port ${options.port} is taken by another program, or needs more rights. Choose another: npm start -- --port 8081`,
    );
  }
  await registry.add('launcher', process.pid);
  return registry;
}

async function startBackends(options: Options, supervisor: Supervisor, say: Say): Promise<Backends> {
  const programs = findPrograms(['postgres', 'initdb', 'redis-server', 'nginx'], say);
  const account = serverAccount();
  const logger = createLogger({ service: 'launcher', level: 'silent' });
  const [postgresPort, redisPort, eventStorePort] = (await freePorts(3)) as [number, number, number];
  const password = savedPassword(path.join(options.data, 'keys', 'postgres.password'));
  const logFile = (name: string) => path.join(options.data, 'logs', `${name}.log`);

  say('Starting PostgreSQL and Redis …');
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
  await Promise.all([
    untilReady(postgres, () => postgresAnswers(urlOf(), logger), supervisor.signal),
    untilReady(redis, () => redisAnswers(redisPort), supervisor.signal),
  ]);
  await ensureDatabase(urlOf(), 'license_system', logger);
  await ensureDatabase(urlOf(), 'event_store', logger);
  return {
    databaseUrl: urlOf('license_system'),
    eventStoreDatabaseUrl: urlOf('event_store'),
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    eventStorePort,
    data: options.data,
    publicUrl: `http://localhost:${options.port}`,
  };
}

/** For the tool: `npm run cli` reads it, so that it talks to the stack that runs here. */
function writeEnvironment(backends: Backends): void {
  const lines = Object.entries(serviceEnvironment(backends)).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  );
  writeFileSync(path.join(backends.data, 'env'), `${lines.join('\n')}\n`, { mode: 0o600 });
}

function savedPassword(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

async function startServices(
  options: Options,
  backends: Backends,
  supervisor: Supervisor,
  say: Say,
): Promise<void> {
  say('Starting the event store and the services …');
  await supervisor.start('event store', eventStoreSpec(backends));
  await runTool(backends, 'migrate');
  if (!existsSync(path.join(backends.data, 'keys', 'keyring.json'))) await runTool(backends, 'keys', 'init');

  const ports = await freePorts(1 + options.commandNodes + options.queryNodes);
  const projectorPort = ports[0] as number;
  const commandPorts = ports.slice(1, 1 + options.commandNodes);
  const queryPorts = ports.slice(1 + options.commandNodes);
  const started = [
    { spec: serviceSpec('projector', 'projector/main.ts', projectorPort, backends), port: projectorPort },
    ...commandPorts.map((port, i) => ({
      spec: serviceSpec(`command-${i + 1}`, 'command-service/main.ts', port, backends),
      port,
    })),
    ...queryPorts.map((port, i) => ({
      spec: serviceSpec(`query-${i + 1}`, 'query-service/main.ts', port, backends),
      port,
    })),
  ];
  await Promise.all(
    started.map(async ({ spec, port }) =>
      untilReady(
        await supervisor.start('services', spec),
        () => answersOk(`http://127.0.0.1:${port}/health/ready`),
        supervisor.signal,
      ),
    ),
  );

  const { nginx } = findPrograms(['nginx'], say);
  const proxy = await supervisor.start(
    'proxy',
    prepareNginx({
      program: nginx,
      directory: path.join(options.data, 'nginx'),
      port: options.port,
      account: serverAccount(),
      logFile: path.join(options.data, 'logs', 'nginx.log'),
      accessLog: path.join(options.data, 'logs', 'nginx-access.log'),
      commandPorts,
      queryPorts,
      signUpsPerMinute: options.limits.SIGNUPS_PER_MINUTE,
      logInsPerMinute: options.limits.LOGINS_PER_MINUTE,
    }),
  );
  await untilReady(proxy, () => answersOk(`http://127.0.0.1:${options.port}/health`), supervisor.signal);
}
