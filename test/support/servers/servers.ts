import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../../local/ports.ts';
import { type ProcessSpec, type RunningProcess, startProcess } from '../../../local/processes/process.ts';
import { untilReady } from '../../../local/processes/supervisor.ts';
import { serverAccount } from '../../../local/servers/account.ts';
import { postgresAnswers, postgresUrl, preparePostgres } from '../../../local/servers/postgres.ts';
import { findPrograms } from '../../../local/servers/programs.ts';
import { prepareRedis, redisAnswers } from '../../../local/servers/redis.ts';
import { createLogger } from '../../../shared/process/logger.ts';

/** A real server of this test's own, which it may stop, kill and start again on the same port with the same data. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  /** Ends it in good order; its data stays. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again after a stop or a kill, and resolves when it answers. */
  start(): Promise<void>;
  /** Stops the process and the clock for it (SIGSTOP): connections stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Stops it and removes its data. */
  [Symbol.asyncDispose](): Promise<void>;
}

const logger = createLogger({ service: 'test', level: 'silent' });
const stderr = (line: string) => void process.stderr.write(`${line}\n`);

/** A PostgreSQL that keeps nothing through a power cut, but everything through a kill. */
export async function startPostgres(): Promise<TestServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-test-pg-'));
  const [port] = (await freePorts(1)) as [number];
  const spec = preparePostgres({
    programs: findPrograms(['postgres', 'initdb'], stderr),
    directory,
    port,
    password: 'test',
    account: serverAccount(),
    logFile: path.join(directory, '..', `${path.basename(directory)}.log`),
    throwAway: true,
  });
  const url = postgresUrl({ port, password: 'test' });
  return testServer(spec, { url, port, directory }, () => postgresAnswers(url, logger));
}

export async function startRedis(): Promise<TestServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-test-redis-'));
  const [port] = (await freePorts(1)) as [number];
  const spec = prepareRedis({
    program: findPrograms(['redis-server'], stderr)['redis-server'],
    directory,
    port,
    account: serverAccount(),
    logFile: path.join(directory, '..', `${path.basename(directory)}.log`),
  });
  return testServer(spec, { url: `redis://127.0.0.1:${port}`, port, directory }, () => redisAnswers(port));
}

/** Starts a server and resolves when it answers. Its data and log are removed with it. */
export async function testServer(
  spec: ProcessSpec,
  facts: { readonly url: string; readonly port: number; readonly directory: string },
  answers: () => Promise<boolean>,
): Promise<TestServer> {
  let running: RunningProcess | undefined;
  const start = async () => {
    running = await startProcess(spec);
    try {
      await untilReady(running, answers);
    } catch (error) {
      await stop();
      throw error;
    }
  };
  const stop = async () => {
    await running?.stop();
    running = undefined;
  };
  await start();
  return {
    ...facts,
    start,
    stop,
    kill: async () => {
      if (!running) return;
      process.kill(running.pid, 'SIGKILL');
      await running.ended;
      running = undefined;
    },
    freeze: () => void (running && process.kill(running.pid, 'SIGSTOP')),
    thaw: () => void (running && process.kill(running.pid, 'SIGCONT')),
    [Symbol.asyncDispose]: async () => {
      if (running) process.kill(running.pid, 'SIGCONT');
      await stop();
      rmSync(facts.directory, { recursive: true, force: true });
      rmSync(spec.logFile, { force: true });
    },
  };
}
