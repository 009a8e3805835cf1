import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request as plainRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandRoutes } from '../../../command-service/routes/all.ts';
import { freePorts, LOOPBACK } from '../../../local/ports.ts';
import { type RunningProcess, startProcess } from '../../../local/processes/process.ts';
import { answersOk, untilReady } from '../../../local/processes/supervisor.ts';
import { serverAccount } from '../../../local/servers/account.ts';
import { prepareNginx } from '../../../local/servers/nginx.ts';
import { findPrograms } from '../../../local/servers/programs.ts';
import { queryRoutes } from '../../../query-service/routes/all.ts';
import type { RouteSpec } from '../../../shared/http/routes/route.ts';
import { eventually } from '../../support/eventually.ts';

/** A node that says which one it is, and remembers what reached it. */
interface Node {
  readonly server: Server;
  readonly port: number;
  readonly seen: IncomingMessage[];
  /** Breaks every connection on which a request arrives. */
  broken: boolean;
}

async function startNode(name: string): Promise<Node> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    if (node.broken) {
      request.socket.destroy();
      return;
    }
    response.setHeader('Cache-Control', 'max-age=300');
    response.end(name);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const node: Node = { server, port: (server.address() as AddressInfo).port, seen, broken: false };
  return node;
}

let directory: string;
let accessLog: string;
let command: Node;
let otherCommand: Node;
let queries: [Node, Node];
let nginx: RunningProcess;
let port: number;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'license-test-nginx-routes-'));
  chmodSync(directory, 0o755);
  accessLog = path.join(directory, 'access.log');
  command = await startNode('command');
  otherCommand = await startNode('command');
  queries = [await startNode('query'), await startNode('query')];
  [port] = (await freePorts(1)) as [number];
  nginx = await startProcess(
    prepareNginx({
      program: findPrograms(['nginx'], (line) => void process.stderr.write(`${line}\n`)).nginx,
      directory: path.join(directory, 'nginx'),
      addresses: LOOPBACK,
      port,
      account: serverAccount(),
      logFile: path.join(directory, 'nginx.log'),
      accessLog,
      commandPorts: [command.port, otherCommand.port],
      queryPorts: queries.map((node) => node.port),
      signUpsPerMinute: 5,
      logInsPerMinute: 1_000,
    }),
  );
  await untilReady(nginx, () => answersOk(`http://127.0.0.1:${port}/health`));
});

afterAll(async () => {
  await nginx.stop();
  for (const { server } of [command, otherCommand, ...queries]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(directory, { recursive: true, force: true });
});

type Answer = { status: number | undefined; body: string; headers: IncomingMessage['headers'] };

const answerOf = (sent: ReturnType<typeof plainRequest>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    sent.on('error', reject).on('response', async (response) => {
      const body = Buffer.concat(await response.toArray()).toString();
      resolve({ status: response.statusCode, body, headers: response.headers });
    });
    sent.end();
  });

const ask = (method: string, target: string, headers: Record<string, string> = {}, host = '127.0.0.1') =>
  answerOf(plainRequest({ host, port, method, path: target, headers, agent: false }));

const seenByCommands = () => [...command.seen, ...otherCommand.seen];

function forget(): void {
  command.seen.length = 0;
  otherCommand.seen.length = 0;
}

function expectNoNode({ status, body, headers }: Answer): void {
  expect({ status, code: JSON.parse(body).code }).toEqual({ status: 503, code: 'service_unavailable' });
  expect(headers['retry-after']).toBe('1');
}

describe('routes', () => {
  /** Every route of the services, with something for each parameter. */
  const allOf = (routes: readonly RouteSpec[], nodes: string) =>
    routes.map(({ method, path: template }) => [
      method.toUpperCase(),
      template.replaceAll(/\{\w+\}/g, 'x'),
      nodes,
    ]);

  it.each([
    ...allOf(commandRoutes, 'command'),
    ...allOf(queryRoutes, 'query'),
    ['DELETE', '/v1/activations/laptop%2F1', 'command'],
    ['GET', '/v1/users?email=a', 'query'],
    ['GET', '/v1/licenses/validate?client_id=a', 'query'],
    ['POST', '/v1/licenses/validate', 'query'],
  ])('%s %s goes to the %s nodes', async (method = '', target = '', expected) => {
    expect(await ask(method, target)).toMatchObject({ status: 200, body: expected });
  });

  it('reads go to the query nodes in turn', async () => {
    for (const node of queries) node.seen.length = 0;
    for (let i = 0; i < 8; i += 1) await ask('GET', '/v1/me');
    // Each of Nginx's workers has a turn of its own.
    expect(queries.map(({ seen }) => seen.length > 0)).toEqual([true, true]);
  });

  it('answers on the loopback of both families', async () => {
    for (const address of LOOPBACK)
      expect(await ask('GET', '/v1/me', {}, address)).toMatchObject({ status: 200 });
    expect(LOOPBACK).toContain('::1');
  });

  it('forwards who asks, and believes nobody who only says so', async () => {
    forget();
    await ask('POST', '/v1/logout', { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https' });
    expect(seenByCommands()[0]?.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
  });
});

const EMPTY = { 'Content-Length': '0' };

describe('a node that breaks', () => {
  it.each([
    ['GET', '/v1/me'],
    ['GET', '/v1/licenses/validate'],
    ['POST', '/v1/licenses/validate'],
  ])('%s %s is asked again on another node', async (method, target) => {
    queries[0].broken = true;
    try {
      for (let i = 0; i < 6; i += 1)
        expect(await ask(method, target)).toMatchObject({ status: 200, body: 'query' });
    } finally {
      queries[0].broken = false;
    }
  });

  it.each([
    ['POST', '/v1/activations'],
    ['POST', '/v1/subscriptions/x/renew'],
    ['POST', '/v1/logout'],
    ['DELETE', '/v1/activations/x'],
    ['DELETE', '/v1/users/x'],
    ['POST', '/v1/users'],
  ])('%s %s is sent again, to another node, until all have been asked', async (method, target) => {
    command.broken = true;
    try {
      for (let i = 0; i < 4; i += 1)
        expect(await ask(method, target, EMPTY)).toMatchObject({ status: 200, body: 'command' });
      otherCommand.broken = true;
      expectNoNode(await ask(method, target, EMPTY));
    } finally {
      command.broken = otherCommand.broken = false;
    }
  });

  it('is told by a key that what it gets was sent before: of Nginx, whatever the caller writes there', async () => {
    forget();
    command.broken = otherCommand.broken = true;
    const asked = { ...EMPTY, 'X-Retry-Key': '0123456789abcdef0123456789abcdef' };
    try {
      expectNoNode(await ask('POST', '/v1/activations', asked));
      expectNoNode(await ask('POST', '/v1/activations', asked));
    } finally {
      command.broken = otherCommand.broken = false;
    }
    const keys = seenByCommands().map(({ headers }) => String(headers['x-retry-key']));
    // Both nodes are asked, and, in case that others came meanwhile, once more.
    expect(keys).toHaveLength(8);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
    const [one, other] = [...new Set(keys)];
    expect(keys.filter((key) => key === one)).toHaveLength(4);
    expect(keys.filter((key) => key === other)).toHaveLength(4);
    expect(keys).not.toContain(asked['X-Retry-Key']);
  });
});

it('sign-ups of one address are limited, with a problem', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask('POST', '/v1/signup')));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(JSON.parse(refused[0]?.body as string)).toMatchObject({ code: 'rate_limited', status: 429 });
  expect(refused[0]?.headers['retry-after']).toBeDefined();
});

it('what the documentation is made of is cached', async () => {
  await ask('GET', '/openapi.json');
  const before = queries.reduce((sum, { seen }) => sum + seen.length, 0);
  expect((await ask('GET', '/openapi.json')).headers['x-cache']).toBe('HIT');
  expect(queries.reduce((sum, { seen }) => sum + seen.length, 0)).toBe(before);
});

it('logs JSON lines, without query strings and tokens', async () => {
  await ask('GET', '/v1/users?email=somebody@example.com', { Authorization: 'Bearer not-for-the-log' });
  const lines = await eventually('the line is written', () => {
    const text = readFileSync(accessLog, 'utf8');
    return text.includes('"path":"/v1/users"') && text.trimEnd().split('\n');
  });
  for (const line of lines)
    expect(JSON.parse(line)).toMatchObject({ method: expect.any(String), status: expect.any(Number) });
  expect(lines.join('\n')).not.toMatch(/somebody|not-for-the-log/);
});
