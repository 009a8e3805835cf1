import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { freePorts } from '../../../local/ports.ts';
import { startProcess } from '../../../local/processes/process.ts';
import { answersOk, untilReady } from '../../../local/processes/supervisor.ts';
import { serverAccount } from '../../../local/servers/account.ts';
import { prepareNginx } from '../../../local/servers/nginx.ts';
import { findPrograms } from '../../../local/servers/programs.ts';
import { startCommandNode } from './command-node.ts';

/** Nginx as `npm start` has it, before a node, behind a load balancer on this machine. */
async function startNginx(nodeUrl: string, speaksProxyProtocol: boolean) {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-test-proxies-'));
  chmodSync(directory, 0o755);
  const [port, plain] = (await freePorts(2)) as [number, number];
  const nodePort = Number(new URL(nodeUrl).port);
  const nginx = await startProcess(
    prepareNginx({
      program: findPrograms(['nginx'], (line) => void process.stderr.write(`${line}\n`)).nginx,
      directory: path.join(directory, 'nginx'),
      addresses: ['127.0.0.1'],
      port,
      account: serverAccount(),
      logFile: path.join(directory, 'nginx.log'),
      accessLog: '/dev/null',
      commandPorts: [nodePort],
      queryPorts: [nodePort],
      signUpsPerMinute: 1_000,
      logInsPerMinute: 3,
      loadBalancers: ['127.0.0.0/8'],
      plainPort: speaksProxyProtocol ? plain : undefined,
    }),
  );
  await untilReady(nginx, () => answersOk(`http://127.0.0.1:${speaksProxyProtocol ? plain : port}/health`));
  return {
    port,
    async [Symbol.asyncDispose]() {
      await nginx.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A log-in that fails, as these very bytes. @returns its status */
async function logIn(port: number, greeting: string, ...headers: readonly string[]): Promise<number> {
  const body = JSON.stringify({ email: 'nobody@example.com', password: 'not the password' });
  const fields = [
    'Host: x',
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  const socket = connect(port, '127.0.0.1');
  socket.write([`${greeting}POST /v1/login HTTP/1.1`, ...fields, ...headers, '', body].join('\r\n'));
  const [, status] = Buffer.concat(await socket.toArray())
    .toString()
    .split(' ', 2);
  return Number(status);
}

it.each([true, false])(
  'counts who asks, an IPv6 address as its /64; by the PROXY protocol: %s',
  async (speaksProxyProtocol) => {
    await using node = await startCommandNode({ settings: { WRONG_GUESSES_PER_ACCOUNT: '100000' } });
    await using nginx = await startNginx(node.url, speaksProxyProtocol);
    const from = (address: string) => {
      const family = address.includes(':') ? 'TCP6' : 'TCP4';
      const to = family === 'TCP6' ? '2001:db8::1' : '203.0.113.1';
      return speaksProxyProtocol
        ? logIn(nginx.port, `PROXY ${family} ${address} ${to} 40000 443\r\n`, 'X-Forwarded-For: 192.0.2.66')
        : logIn(nginx.port, '', `X-Forwarded-For: 192.0.2.66, ${address}`);
    };
    for (const address of ['2001:db8:7:7::1', '2001:db8:7:7:ffff::2', '203.0.113.5'])
      expect(await from(address)).toBe(401);
    // IPv4 in the form of IPv6: Nginx lets 4 of an address through, and these are of six.
    const mapped: number[] = [];
    for (const n of [1, 2, 3, 4, 5, 6]) mapped.push(await from(`::ffff:198.51.100.${n}`));
    expect(mapped).toEqual([401, 401, 401, 401, 401, 401]);
    await node.service.stop();
    const { rows } = await node.pool.query(
      `SELECT CASE WHEN family(address) = 4 THEN host(address) ELSE address::text END AS address, sum(count)::int AS count
     FROM usage.rate_limits WHERE endpoint = 'POST /v1/login' GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((n) => ({ address: `198.51.100.${n}`, count: 1 })),
      { address: '2001:db8:7:7::/64', count: 2 },
      { address: '203.0.113.5', count: 1 },
    ]);
  },
);
