import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../../local/ports.ts';
import { type RunningProcess, startProcess } from '../../../local/processes/process.ts';
import { untilReady } from '../../../local/processes/supervisor.ts';
import { findPrograms } from '../../../local/servers/programs.ts';
import { eventually } from '../../support/eventually.ts';

/** `container.sh`, as it runs in the shipped container, but for its folders and ports. */
const script = path.resolve(import.meta.dirname, '../../../deploy/nginx/container.sh');

let node: Server;
const seen: IncomingMessage[] = [];
let program: string;
let directory: string;
let ports: [number, number];
let running: RunningProcess | undefined;

beforeAll(async () => {
  program = findPrograms(['nginx'], (line) => void process.stderr.write(`${line}\n`)).nginx;
  node = createServer((request, response) => {
    seen.push(request);
    response.end('from the node');
  }).listen(0, '127.0.0.1');
  await once(node, 'listening');
});

afterAll(() => {
  node.closeAllConnections();
  node.close();
});

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'license-test-nginx-container-'));
  chmodSync(directory, 0o755);
  mkdirSync(path.join(directory, 'tls'));
  mkdirSync(path.join(directory, 'run'));
  ports = (await freePorts(2)) as [number, number];
  seen.length = 0;
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const log = () => path.join(directory, 'nginx.log');

async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const address = `127.0.0.1:${(node.address() as AddressInfo).port}`;
  const env = {
    COMMAND_SERVICE: address,
    QUERY_SERVICE: address,
    RUN_DIRECTORY: path.join(directory, 'run'),
    TLS_DIRECTORY: path.join(directory, 'tls'),
    TLS_CHECK_SECONDS: '0.1',
    HTTP_PORT: `127.0.0.1:${ports[0]}`,
    HTTPS_PORT: `127.0.0.1:${ports[1]}`,
    PATH: `${path.dirname(program)}:${process.env.PATH}`,
    ...settings,
  };
  const spec = { name: 'nginx', command: 'sh', logFile: log(), stopSignal: 'SIGQUIT' as const };
  running = await startProcess({ ...spec, args: [script, 'start'], env });
  await untilReady(running, async () => {
    // Not waited for in one go: the node that it asks runs in this process.
    const asked = spawn('sh', [script, 'healthy'], { stdio: 'ignore', env: { ...process.env, ...env } });
    const [code] = await once(asked, 'exit');
    return code === 0;
  });
  seen.length = 0;
}

/** Sends these very bytes to the plain port, and reads until Nginx closes the connection. */
async function send(request: string): Promise<string> {
  const socket = connect(ports[0], '127.0.0.1');
  socket.write(request);
  return Buffer.concat(await socket.toArray()).toString();
}

const asking = (target: string, ...headers: readonly string[]) =>
  [`GET ${target} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n');

const askers = () => seen.map(({ headers }) => headers['x-forwarded-for']);

describe('behind load balancers', () => {
  it('believes those that are named who asks, with ports and brackets, and only as far', async () => {
    await start({ LOAD_BALANCERS: '127.0.0.0/8, 10.1.0.0/16' });
    for (const list of [
      '203.0.113.5:54321',
      '[2001:db8::1]:443',
      '1.1.1.1, 203.0.113.6, 10.1.2.3',
      '203.0.113.7',
    ])
      await send(asking('/v1/me', `X-Forwarded-For: ${list}`));
    expect(askers()).toEqual(['203.0.113.5', '2001:db8::1', '203.0.113.6', '203.0.113.7']);
  });

  it('believes nobody, where none is named', async () => {
    await start();
    await send(asking('/v1/me', 'X-Forwarded-For: 203.0.113.5'));
    expect(askers()).toEqual(['127.0.0.1']);
  });

  it('learns it by the PROXY protocol, and is asked for its health all the same', async () => {
    await start({ LOAD_BALANCERS: '127.0.0.1', PROXY_PROTOCOL: 'on' });
    await send(
      `PROXY TCP6 2001:db8::7 2001:db8::1 40000 80\r\n${asking('/v1/me', 'X-Forwarded-For: 203.0.113.5')}`,
    );
    expect(askers()).toEqual(['2001:db8::7']);
  });

  it.each([
    [{ PROXY_PROTOCOL: 'on' }, 'LOAD_BALANCERS'],
    [{ PROXY_PROTOCOL: 'true', LOAD_BALANCERS: '127.0.0.1' }, 'expected on or off, got "true"'],
  ])('does not start where a setting would do nothing: %o', (settings, words) => {
    const env = { ...process.env, COMMAND_SERVICE: 'a:1', QUERY_SERVICE: 'b:1', RUN_DIRECTORY: directory };
    const { status, stderr } = spawnSync('sh', [script, 'start'], {
      env: { ...env, ...settings },
      encoding: 'utf8',
      timeout: 10_000,
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain(words);
  });

  it('limits a whole /64 of IPv6 as one, and each customer alone', async () => {
    await start({ LOAD_BALANCERS: '127.0.0.1', SIGNUPS_PER_MINUTE: '5' });
    const status = async (from: string) =>
      (await send(asking('/v1/signup', `X-Forwarded-For: ${from}`))).split(' ', 2)[1];
    const neighbours: (string | undefined)[] = [];
    for (let i = 1; i <= 8; i += 1) neighbours.push(await status(`2001:db8:1:2:${i}::${i}`));
    expect(neighbours).toEqual(['200', '200', '200', '200', '200', '200', '429', '429']);
    expect(await status('2001:db8:1:3::1')).toBe('200');
    for (let i = 1; i <= 8; i += 1) expect(await status(`203.0.113.${i}`)).toBe('200');
    const refused = await send(asking('/v1/signup', 'X-Forwarded-For: 2001:db8:1:2::'));
    expect(refused).toMatch(/^RateLimit-Policy: "signups";q=5;w=60\r$/m);
    expect(refused).toMatch(/^RateLimit: "signups";r=0;t=60\r$/m);
    expect(refused).toMatch(/^Retry-After: 60\r$/m);
  });
});

/** A certificate of its own for a name, written as renewing tools do: under other names, then moved. */
function certify(name: string, { key = true } = {}): void {
  const made = (file: string) => path.join(directory, file);
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const files = ['-keyout', made('new.key'), '-out', made('new.crt')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-days', '2', ...subject, ...files],
    {
      stdio: 'ignore',
    },
  );
  if (key) renameSync(made('new.key'), made('tls/tls.key'));
  renameSync(made('new.crt'), made('tls/tls.crt'));
}

/** The name in the certificate that a new connection is shown. */
async function served(): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port: ports[1], rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

describe('with a certificate', () => {
  it('speaks HTTP/2, says that it always will speak TLS, also in errors, and sends plain requests there', async () => {
    certify('one.example');
    await start();
    const session = connectHttp2(`https://127.0.0.1:${ports[1]}`, {
      ca: readFileSync(path.join(directory, 'tls/tls.crt')),
      servername: 'one.example',
    });
    for (const [target, status] of [
      ['/v1/me', 200],
      ['/docs', 200],
      ['/metrics', 404],
    ] as const) {
      const stream = session.request({ ':path': target });
      const [headers] = await once(stream, 'response');
      stream.resume();
      await once(stream, 'end');
      expect(headers).toMatchObject({ ':status': status, 'strict-transport-security': 'max-age=31536000' });
    }
    session.close();
    const plain = await send(asking('/v1/me?a=b'));
    expect(plain).toMatch(/^HTTP\/1.1 308 /);
    expect(plain).toMatch(/^Location: https:\/\/x\/v1\/me\?a=b\r$/m);
  });

  it('serves a renewed one by itself, once certificate and key belong together', async () => {
    certify('one.example');
    await start();
    expect(await served()).toBe('one.example');
    certify('two.example', { key: false });
    await eventually('the half that came is looked at', () =>
      readFileSync(log(), 'utf8').includes('can not be served'),
    );
    expect(await served()).toBe('one.example');
    renameSync(path.join(directory, 'new.key'), path.join(directory, 'tls/tls.key'));
    await eventually('the new one is served', async () => (await served()) === 'two.example');
  });
});

it('without one it says nothing of TLS', async () => {
  await start();
  expect(await send(asking('/metrics'))).not.toMatch(/strict-transport/i);
});
