import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../local/ports.ts';
import { startProcess } from '../../../local/processes/process.ts';
import { answersOk, untilReady } from '../../../local/processes/supervisor.ts';
import { serverAccount } from '../../../local/servers/account.ts';
import { prepareNginx } from '../../../local/servers/nginx.ts';
import { findPrograms } from '../../../local/servers/programs.ts';
import { Problem, problemAnswer } from '../../../shared/http/problems/problem.ts';
import type { ProblemCode } from '../../../shared/http/problems/problem-codes.ts';

let directory: string;
let node: Server;
let stopNginx: () => Promise<void>;
let port: number;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'license-test-nginx-'));
  chmodSync(directory, 0o755);
  node = createServer((_request, response) => response.end('from the node')).listen(0, '127.0.0.1');
  await once(node, 'listening');
  ({ listen: port, stop: stopNginx } = await startNginx((node.address() as AddressInfo).port));
});

afterAll(async () => {
  await stopNginx();
  node.closeAllConnections();
  node.close();
  rmSync(directory, { recursive: true, force: true });
});

const logOf = (listen: number) => path.join(directory, `${listen}.log`);

async function startNginx(nodePort: number): Promise<{ listen: number; stop: () => Promise<void> }> {
  const [listen] = (await freePorts(1)) as [number];
  const nginx = await startProcess(
    prepareNginx({
      program: findPrograms(['nginx'], (line) => void process.stderr.write(`${line}\n`)).nginx,
      directory: path.join(directory, String(listen)),
      port: listen,
      account: serverAccount(),
      logFile: logOf(listen),
      accessLog: '/dev/null',
      commandPorts: [nodePort],
      queryPorts: [nodePort],
      signUpsPerMinute: 1_000,
      logInsPerMinute: 1_000,
    }),
  );
  await untilReady(nginx, () => answersOk(`http://127.0.0.1:${listen}/`));
  return { listen, stop: () => nginx.stop() };
}

/** Sends these very bytes, and reads until Nginx closes the connection. */
async function send(request: string, to = port): Promise<{ status: number; headers: string; body: string }> {
  const socket = connect(to, '127.0.0.1');
  socket.write(request);
  const text = Buffer.concat(await socket.toArray()).toString();
  const [headers = '', body = ''] = text.split('\r\n\r\n', 2);
  return { status: Number(headers.split(' ', 2)[1]), headers, body };
}

const field = (headers: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*?)\\r?$`, 'im').exec(headers)?.[1];

const statusOf = (agent: Agent) =>
  new Promise<number | undefined>((resolve, reject) => {
    get({ agent, host: '127.0.0.1', port, path: '/v1/me' }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    }).on('error', reject);
  });

/** A node with room for 64 waiting connections, which does nothing for a while when it is told to. */
const BUSY_NODE = `
  const server = require('node:http').createServer((request, response) => {
    if (request.url === '/block') {
      require('node:fs').writeSync(1, 'blocked');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_300);
    }
    response.end();
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 64 }, () =>
    require('node:fs').writeSync(1, String(server.address().port)));
`;

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
    expect(field(headers, 'Access-Control-Allow-Origin')).toBe('*');
    if (status === 405) expect(field(headers, 'Allow')).toBe('DELETE, GET, HEAD, OPTIONS, PATCH, POST');
  });
});

/** A request line and headers as they stand, and a body in which another request is hidden. */
const hiding = (...headers: readonly string[]): string =>
  ['POST /v1/signup HTTP/1.1', 'Host: x', ...headers, '', `0\r\n\r\n${closing('GET /v1/me HTTP/1.1')}`].join(
    '\r\n',
  );

describe('a request that hides another one', () => {
  it.each([
    ['a length and chunks', hiding('Content-Length: 5', 'Transfer-Encoding: chunked')],
    ['chunks, then a length', hiding('Transfer-Encoding: chunked', 'Content-Length: 5')],
    ['two lengths', hiding('Content-Length: 5', 'Content-Length: 0')],
    ['a list of lengths', hiding('Content-Length: 5, 0')],
    ['a length with a sign', hiding('Content-Length: +5')],
    ['two encodings', hiding('Transfer-Encoding: chunked', 'Transfer-Encoding: identity')],
    ['a list of encodings', hiding('Transfer-Encoding: identity, chunked')],
    ['a space before the colon', hiding('Transfer-Encoding : chunked')],
    ['a header over two lines', hiding('X-Fold: a\r\n Transfer-Encoding: chunked', 'Content-Length: 5')],
    ['a tab before the encoding', hiding('Transfer-Encoding:\tchunked', 'Content-Length: 5')],
    ['a vertical tab in the encoding', hiding('Transfer-Encoding: \x0bchunked', 'Content-Length: 5')],
    ['a bare line feed', hiding('X-Bare: a\nTransfer-Encoding: chunked', 'Content-Length: 5')],
    ['chunks of HTTP/1.0', hiding('Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0')],
    [
      'a length of a chunk that is none',
      hiding('Transfer-Encoding: chunked').replace('\r\n\r\n0\r\n', '\r\n\r\n0x5\r\n'),
    ],
  ])('never reaches a node unanswered: %s', async (_what, request) => {
    let seen = 0;
    const count = () => {
      seen += 1;
    };
    node.on('request', count);
    const socket = connect(port, '127.0.0.1');
    socket.end(request);
    const text = Buffer.concat(await socket.toArray()).toString();
    node.off('request', count);
    // What Nginx takes for the end of a request, the node does too: each request there is an answer here.
    expect(text.split('from the node').length - 1).toBe(seen);
    expect(text).toMatch(/^HTTP\/1\.1 [245]/);
  });
});

it('answers of the nodes keep their own fields, and the request has one id everywhere', async () => {
  const seen = once(node, 'request');
  const { headers } = await send(closing('GET /v1/me HTTP/1.1', 'X-Request-Id: one-of-mine'));
  const [request] = (await seen) as [IncomingMessage];
  expect(request.headers['x-request-id']).toBe('one-of-mine');
  const own = ['Cache-Control', 'X-Request-Id', 'Retry-After', 'Allow', 'RateLimit'];
  for (const name of [...own, 'Access-Control-Allow-Origin', 'Access-Control-Expose-Headers'])
    expect(field(headers, name)).toBeUndefined();
});

it('passes on a request of HTTP/1.0, which names no host', async () => {
  expect(await send('GET /v1/me HTTP/1.0\r\n\r\n')).toMatchObject({ status: 200, body: 'from the node' });
});

it('keeps its connections to the nodes: a few for each worker, for any number of requests in a row', async () => {
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
  // Commands and queries have connections of their own; now and then a request comes before its worker has put one back.
  expect(made).toBeLessThanOrEqual(availableParallelism() * 4);
});

it('waits for a node that is too busy to accept connections', async () => {
  // Its queue is short: the kernel drops the others' attempts, and repeats them after a second.
  const busy = spawn(process.execPath, ['-e', BUSY_NODE], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(busy.stdout.setEncoding('utf8'), 'data');
  const { listen, stop } = await startNginx(Number(line));
  try {
    const blocked = send(closing('GET /block HTTP/1.1'), listen);
    await once(busy.stdout, 'data');
    const answers = await Promise.all(
      Array.from({ length: 150 }, () => send(closing('GET /v1/me HTTP/1.1'), listen)),
    );
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect((await blocked).status).toBe(200);
  } finally {
    await stop();
    busy.kill();
  }
});

it('keeps as many connections to the nodes as clients ask at once', async () => {
  const clients = 1_000;
  let made = 0;
  const count = () => {
    made += 1;
  };
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  node.on('connection', count);
  const round = () => Promise.all(Array.from({ length: clients }, () => statusOf(agent)));
  for (let i = 0; i < 3; i += 1) expect((await round()).filter((status) => status !== 200)).toEqual([]);
  node.off('connection', count);
  agent.destroy();
  // Each worker keeps its own.
  expect(made).toBeLessThanOrEqual(clients * 1.2);
});

it('writes no query into its error log where it may hold an email address or a code', async () => {
  node.closeAllConnections();
  node.close();
  await once(node, 'close');
  for (const target of [
    '/v1/me?seen',
    '/v1/users?email=ada%40example.com',
    '/v1/staff/oidc/callback?code=from-example.com',
  ]) {
    expect(await send(closing(`GET ${target} HTTP/1.1`))).toMatchObject({ status: 503 });
  }
  const log = readFileSync(logOf(port), 'utf8');
  expect(log).toContain('/v1/me?seen');
  expect(log).not.toContain('example.com');
});
