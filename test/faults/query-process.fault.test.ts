import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { createSystem, type TestSystem } from '../integration/query-service/query-node.ts';
import { eventually } from '../support/eventually.ts';
import { createDatabase } from '../support/servers/databases.ts';
import { startRedis, type TestServer } from '../support/servers/servers.ts';

const held = new AsyncDisposableStack();
let system: TestSystem;
let redis: TestServer;
let databaseUrl: string;

beforeAll(async () => {
  const database = held.use(await createDatabase(inject('postgresUrl')));
  redis = held.use(await startRedis());
  databaseUrl = database.url;
  system = held.use(await createSystem({ databaseUrl, redis }));
}, 60_000);
afterAll(() => held.disposeAsync());

const root = path.resolve(import.meta.dirname, '../..');

function start(
  port: number,
  settings: Readonly<Record<string, string>> = {},
  stdout: 'ignore' | number = 'ignore',
): ChildProcess {
  const process = spawn(globalThis.process.execPath, [path.join(root, 'query-service/main.ts')], {
    env: {
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      REDIS_URL: redis.url,
      KEYRING_FILE: system.keyringFile,
      DRAIN_MS: '300',
      ...settings,
    },
    stdio: ['ignore', stdout, 'pipe'],
  });
  held.defer(() => void process.kill('SIGKILL'));
  return process;
}

const ready = (port: number) =>
  eventually('the node is ready', async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok);

describe('SIGTERM', () => {
  it('under load: no request is lost, connections are closed by their last answer, and the process ends with 0', async () => {
    const [port] = (await freePorts(1)) as [number];
    // Time enough for this process to be told, however busy the machine is.
    const process = start(port, { DRAIN_MS: '4000' });
    await ready(port);
    const token = await system.keyOf(await system.readModel.addUser());
    await system.readModel.query(
      `UPDATE read_model.subscriptions SET terms = terms || '{"validationsPerMinute": 1000000}'`,
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const ask = () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const headers = { Authorization: `Bearer ${token}` };
        get({ port, agent, path: '/v1/licenses/validate', headers }, (response) => {
          response.resume().on('end', () => resolve(response));
        }).on('error', reject);
      });
    const exited = once(process, 'exit');
    const seen = { answers: 0, closing: 0 };
    const lost: unknown[] = [];
    // Does what a load balancer does: asks until it is told that the node is not ready.
    let turnedAway = false;
    const worker = async () => {
      while (!turnedAway) {
        try {
          const response = await ask();
          seen.answers += 1;
          if (response.statusCode !== 200) lost.push(response.statusCode);
          if (response.headers.connection === 'close') seen.closing += 1;
        } catch (error) {
          lost.push(error);
        }
      }
    };
    const workers = Promise.all(Array.from({ length: 8 }, worker));
    await eventually('some answers', () => seen.answers > 200);
    process.kill('SIGTERM');
    await eventually('it says so to the load balancer', async () => {
      return (await fetch(`http://127.0.0.1:${port}/health`)).status === 503;
    });
    turnedAway = true;
    await workers;
    expect(await exited).toEqual([0, null]);
    expect(lost).toEqual([]);
    expect(seen.closing).toBeGreaterThan(0);
    agent.destroy();
  });
});

describe('a full disk behind standard output', () => {
  it('costs the log lines: the node answers on, counts them, and SIGTERM ends it', async () => {
    const [port] = (await freePorts(1)) as [number];
    const full = openSync('/dev/full', 'w');
    const process = start(port, { LOG_LEVEL: 'trace' }, full);
    closeSync(full);
    await ready(port);
    // With PostgreSQL's connections cut, there is something to say.
    await system.readModel.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
    const lost = async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(/^log_lines_lost_total\{.*\} (\d+)$/m.exec(metrics)?.[1]);
    };
    await eventually('lines are lost', async () => (await lost()) > 0);
    await ready(port);
    const exited = once(process, 'exit');
    process.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});

describe('a start', () => {
  it('with a setting that is wrong ends with 78 and names it', async () => {
    const process = start(0, { DATABASE_URL: 'mysql://x' });
    let text = '';
    process.stderr?.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    expect(await once(process, 'exit')).toEqual([78, null]);
    expect(text).toContain('DATABASE_URL');
  });
  it('without PostgreSQL and Redis goes on, and is not ready', async () => {
    const [port, nothing] = (await freePorts(2)) as [number, number];
    const process = start(port, {
      DATABASE_URL: `postgres://127.0.0.1:${nothing}/x`,
      REDIS_URL: `redis://127.0.0.1:${nothing}`,
    });
    await eventually('it answers', async () => (await fetch(`http://127.0.0.1:${port}/health/live`)).ok);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(503);
    const exited = once(process, 'exit');
    process.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});
