import { createSocket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createGate, type Gate } from '../../../projector/notifier/deliveries/lookup.ts';
import { createPoster } from '../../../projector/notifier/deliveries/post.ts';
import { createResolve } from '../../../projector/notifier/deliveries/resolve.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function startServer(listener: RequestListener) {
  const seen = { connections: 0, requests: 0 };
  const server = createServer((request, response) => {
    seen.requests += 1;
    request.resume().on('end', () => listener(request, response));
  });
  server.on('connection', () => {
    seen.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return Object.assign(seen, { port: (server.address() as AddressInfo).port });
}

const unknown = () => Promise.reject(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }));
const anywhere = createGate(() => true);
const never = new AbortController().signal;

function post(url: string, gate: Gate = anywhere, deadlineMs = 2_000) {
  const poster = createPoster({ gate, clock: Date.now, deadlineMs });
  closing.push(() => poster.close());
  return poster.post(url, { 'webhook-id': 'one' }, '{}', never);
}

describe('a post', () => {
  it('answers with the status, and follows no redirect', async () => {
    const inside = await startServer((_, response) => response.end());
    const outside = await startServer((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${inside.port}/` }).end(),
    );
    expect(await post(`http://127.0.0.1:${outside.port}/`)).toEqual({ status: 307, retryAfter: undefined });
    expect(inside.connections).toBe(0);
  });

  it('says that there was no answer in time, also where one only begins', async () => {
    const silent = await startServer(() => undefined);
    await expect(post(`http://127.0.0.1:${silent.port}/`, anywhere, 200)).rejects.toThrow(
      'no answer within 0.2 s',
    );
  });

  it('takes an answer for what its headers say, however long its body goes on', async () => {
    const endless = await startServer((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(1_000)), 1);
      response.on('close', () => clearInterval(timer));
    });
    const dripping = await startServer((_, response) => response.writeHead(200).write('x'));
    expect((await post(`http://127.0.0.1:${endless.port}/`)).status).toBe(200);
    expect((await post(`http://127.0.0.1:${dripping.port}/`)).status).toBe(200);
  });

  it('takes another protocol, which nobody asked for, for an answer', async () => {
    const switching = await startServer(({ socket }) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n'),
    );
    expect((await post(`http://127.0.0.1:${switching.port}/`)).status).toBe(101);
  });

  it('uses a connection again, and opens another one for one that was closed meanwhile', async () => {
    let closeAfter = false;
    const server = await startServer((request, response) => {
      response.end('well', () => {
        if (closeAfter) request.socket.resetAndDestroy();
      });
    });
    const poster = createPoster({ gate: anywhere, clock: Date.now });
    closing.push(() => poster.close());
    const once = () => poster.post(`http://127.0.0.1:${server.port}/`, {}, '{}', never);
    await once();
    closeAfter = true;
    await once();
    expect(server.connections).toBe(1);
    expect((await once()).status).toBe(200);
    expect(server.connections).toBe(2);
  });
});

describe('the gate', () => {
  it.each(['http://127.0.0.1', 'http://[::1]', 'http://0', 'http://169.254.169.254'])(
    'refuses %s before anything is opened',
    async (origin) => {
      const inside = await startServer((_, response) => response.end());
      await expect(post(`${origin}:${inside.port}/`, createGate())).rejects.toThrow(
        'is not a public address',
      );
      expect(inside.connections).toBe(0);
    },
  );

  it('refuses names that lead inside, by whatever the system resolves them', async () => {
    const inside = await startServer((_, response) => response.end());
    await expect(post(`http://localhost:${inside.port}/`, createGate())).rejects.toThrow(
      /^localhost leads to .*, which is not a public address$/,
    );
    expect(inside.connections).toBe(0);
  });

  it('refuses a name of which one address is inside', async () => {
    const gate = createGate(undefined, async () => [
      { address: '93.184.215.14', family: 4 },
      { address: '10.0.0.7', family: 4 },
    ]);
    await expect(post('http://hooks.example/', gate)).rejects.toThrow(
      'hooks.example leads to 10.0.0.7, which is not a public address',
    );
  });

  it('connects to what it looked up, and does not ask twice', async () => {
    // 127.0.0.1 stands for the public internet here, 127.0.0.2 for what lies inside. The name leads there at the second look.
    const outside = await startServer((_, response) => response.end());
    let lookups = 0;
    const gate = createGate(
      (address) => address === '127.0.0.1',
      async () => {
        lookups += 1;
        return [{ address: lookups === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
      },
    );
    const poster = createPoster({ gate, clock: Date.now });
    closing.push(() => poster.close());
    const url = `http://rebinding.example:${outside.port}/`;
    expect((await poster.post(url, {}, '{}', never)).status).toBe(200);
    expect(lookups).toBe(1);
    expect(outside.connections).toBe(1);
    // The connection is used again: it leads where it led. A new one is judged by what is looked up for it.
    expect((await poster.post(url, {}, '{}', never)).status).toBe(200);
    expect(lookups).toBe(1);
    poster.close();
    await expect(poster.post(url, {}, '{}', never)).rejects.toThrow('rebinding.example leads to 127.0.0.2');
  });

  it('says that a name does not exist', async () => {
    await expect(post('http://nowhere.invalid/', createGate())).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
  });
});

describe('a name', () => {
  it('whose name server is silent costs none of the threads of the system', async () => {
    const silent = createSocket('udp4');
    let asked = 0;
    silent.on('message', () => {
      asked += 1;
    });
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
    closing.push(() => silent.close());
    const resolver = new dns.Resolver({ timeout: 100, tries: 1 });
    resolver.setServers([`127.0.0.1:${silent.address().port}`]);
    const resolve = createResolve(resolver, () => {
      throw new Error('the system was asked');
    });
    await expect(resolve('hooks.example.com')).rejects.toThrow('ETIMEOUT');
    expect(asked).toBe(2);
  });

  it('that the name servers do not know, or without a dot, is looked up by the system', async () => {
    const system = async (hostname: string) => [{ address: hostname, family: 4 }];
    const resolver = { resolve4: unknown, resolve6: unknown };
    const resolve = createResolve(resolver, system);
    expect(await resolve('in.hosts.file')).toEqual([{ address: 'in.hosts.file', family: 4 }]);
    expect(await resolve('localhost')).toEqual([{ address: 'localhost', family: 4 }]);
  });

  it('has the addresses of both families, or of the one that it has', async () => {
    const resolve4 = async () => ['93.184.215.14'];
    const both = createResolve({ resolve4, resolve6: async () => ['2606:2800::1'] } as never);
    expect(await both('a.example')).toEqual([
      { address: '93.184.215.14', family: 4 },
      { address: '2606:2800::1', family: 6 },
    ]);
    const one = createResolve({ resolve4, resolve6: unknown } as never);
    expect(await one('a.example')).toEqual([{ address: '93.184.215.14', family: 4 }]);
  });
});
