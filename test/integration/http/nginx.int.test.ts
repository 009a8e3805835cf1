import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../local/ports.ts';
import { type RunningProcess, startProcess } from '../../../local/processes.ts';
import { serverAccount } from '../../../local/servers/account.ts';
import { prepareNginx } from '../../../local/servers/nginx.ts';
import { findPrograms } from '../../../local/servers/programs.ts';
import { answersOk, untilReady } from '../../../local/supervisor.ts';
import { Problem, problemAnswer } from '../../../shared/http/problems/problem.ts';
import type { ProblemCode } from '../../../shared/http/problems/problem-codes.ts';

let directory: string;
let node: Server;
let nginx: RunningProcess;
let port: number;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'license-test-nginx-'));
  node = createServer((_request, response) => response.end('from the node')).listen(0, '127.0.0.1');
  await once(node, 'listening');
  [port] = (await freePorts(1)) as [number];
  const nodePort = (node.address() as AddressInfo).port;
  const files = `${directory}-logs`;
  nginx = await startProcess(
    prepareNginx({
      program: findPrograms(['nginx'], (line) => void process.stderr.write(`${line}\n`)).nginx,
      directory,
      port,
      account: serverAccount(),
      logFile: `${files}.log`,
      accessLog: '/dev/null',
      commandPorts: [nodePort],
      queryPorts: [nodePort],
      signUpsPerMinute: 1_000,
      logInsPerMinute: 1_000,
    }),
  );
  await untilReady(nginx, () => answersOk(`http://127.0.0.1:${port}/`));
});

afterAll(async () => {
  await nginx.stop();
  node.closeAllConnections();
  node.close();
  rmSync(directory, { recursive: true, force: true });
  rmSync(`${directory}-logs.log`, { force: true });
});

/** Sends these very bytes, and reads until Nginx closes the connection. */
async function send(request: string): Promise<{ status: number; headers: string; body: string }> {
  const socket = connect(port, '127.0.0.1');
  socket.write(request);
  const text = Buffer.concat(await socket.toArray()).toString();
  const [headers = '', body = ''] = text.split('\r\n\r\n', 2);
  return { status: Number(headers.split(' ', 2)[1]), headers, body };
}

const field = (headers: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*?)\\r?$`, 'im').exec(headers)?.[1];

const closing = (firstLine: string, ...headers: readonly string[]): string =>
  [firstLine, 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n');

describe("Nginx's own errors are problems", () => {
  const cases: readonly (readonly [string, ProblemCode, string])[] = [
    ['what is no HTTP', 'malformed_request', 'GARBAGE\r\n\r\n'],
    ['a path with a broken escape', 'malformed_request', closing('GET /%zz HTTP/1.1')],
    ['a path with a NUL', 'malformed_request', closing('GET /%00 HTTP/1.1')],
    ['a version that is none', 'malformed_request', closing('GET / HTTP/3.7')],
    ['a wrong length', 'malformed_request', closing('POST / HTTP/1.1', 'Content-Length: abc')],
    ['an unknown encoding', 'malformed_request', closing('POST / HTTP/1.1', 'Transfer-Encoding: foo')],
    ['TRACE', 'method_not_allowed', closing('TRACE / HTTP/1.1')],
    ['a long address', 'uri_too_long', closing(`GET /${'a'.repeat(9_000)} HTTP/1.1`)],
    ['a long header', 'headers_too_large', closing('GET / HTTP/1.1', `X-Long: ${'a'.repeat(9_000)}`)],
    [
      'a large body',
      'body_too_large',
      closing('POST / HTTP/1.1', 'Content-Length: 70000') + ' '.repeat(70_000),
    ],
    ['what is internal', 'route_not_found', closing('GET /metrics HTTP/1.1')],
    ['a path of the errors themselves', 'route_not_found', closing('GET /problems/uri_too_long HTTP/1.1')],
  ];
  it.each(cases)('%s: %s', async (_what, code, request) => {
    const { status, headers, body } = await send(request);
    const id = field(headers, 'X-Request-Id') ?? '';
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    // A detail alone may differ from what a node would answer.
    const { detail: _, ...own } = JSON.parse(body);
    const expected = problemAnswer(new Problem(code), id);
    expect({ status, body: own }).toEqual({ status: expected.status, body: JSON.parse(expected.body) });
    for (const [name, value] of Object.entries(expected.headers)) expect(field(headers, name)).toBe(value);
    if (status === 405) expect(field(headers, 'Allow')).toBe('DELETE, GET, HEAD, OPTIONS, POST');
  });
});

it('answers of the nodes keep their own fields, and the request has one id everywhere', async () => {
  const seen = once(node, 'request');
  const { headers } = await send(closing('GET /v1/me HTTP/1.1', 'X-Request-Id: one-of-mine'));
  const [request] = (await seen) as [IncomingMessage];
  expect(request.headers['x-request-id']).toBe('one-of-mine');
  for (const name of ['Cache-Control', 'X-Request-Id', 'Retry-After', 'Allow', 'RateLimit'])
    expect(field(headers, name)).toBeUndefined();
});

it('passes on a request of HTTP/1.0, which names no host', async () => {
  expect(await send('GET /v1/me HTTP/1.0\r\n\r\n')).toMatchObject({ status: 200, body: 'from the node' });
});

it('keeps its connections to the nodes: one for each worker, for any number of requests in a row', async () => {
  let made = 0;
  const count = () => {
    made += 1;
  };
  node.on('connection', count);
  const requests = availableParallelism() * 10;
  for (let i = 0; i < requests; i += 1) {
    expect(await send(closing(`${i % 2 ? 'GET' : 'POST'} /v1/activations HTTP/1.1`))).toMatchObject({
      status: 200,
    });
    expect(await send(closing('GET /v1/me HTTP/1.1'))).toMatchObject({ status: 200 });
  }
  node.off('connection', count);
  // Commands and queries have connections of their own.
  expect(made).toBeLessThanOrEqual(availableParallelism() * 2);
});

it('writes no query into its error log where it may hold an email address', async () => {
  node.closeAllConnections();
  node.close();
  await once(node, 'close');
  for (const target of ['/v1/me?seen', '/v1/users?email=ada%40example.com']) {
    expect(await send(closing(`GET ${target} HTTP/1.1`))).toMatchObject({ status: 503 });
  }
  const log = readFileSync(`${directory}-logs.log`, 'utf8');
  expect(log).toContain('/v1/me?seen');
  expect(log).not.toContain('example.com');
});
