import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../local/ports.ts';
import { startProcess } from '../../local/processes/process.ts';
import { answersOk, untilReady } from '../../local/processes/supervisor.ts';
import { serverAccount } from '../../local/servers/account.ts';
import { prepareNginx } from '../../local/servers/nginx.ts';
import { findPrograms } from '../../local/servers/programs.ts';
import { dispose, launch } from '../support/stack.ts';
import { type Benchmark, inPairs, perSecond } from './benchmark.ts';
import { licenses, UNLIMITED } from './licenses.ts';
import { wrk } from './wrk.ts';

const KEYS = 10_000;
const CONNECTIONS = 64;

/** Warm validations through Nginx, beside a server that does nothing behind the same Nginx configuration. */
export const validation: Benchmark = {
  name: 'validation',
  summary: `validations through Nginx, ${KEYS} keys, ${CONNECTIONS} connections, beside a bare node:http server behind the same Nginx`,
  async run({ rounds, say }) {
    const stack = await launch({ args: ['--no-tour', '--query-nodes', '1'], env: UNLIMITED });
    const bare = await bareServer();
    try {
      const requests = (await licenses(stack, KEYS, say)).map(({ clientId, activationKey }) => ({
        path: `/v1/licenses/validate?client_id=${clientId}`,
        token: activationKey,
      }));
      const measure = (url: string, seconds = 8) => wrk({ url, connections: CONNECTIONS, seconds, requests });
      await measure(stack.url, 4);
      const p99: number[] = [];
      const result = await inPairs(
        rounds,
        async () => {
          const { rate, p99Ms, errors } = await measure(stack.url);
          if (errors > 0) throw new Error(`${errors} validations failed`);
          p99.push(p99Ms);
          return rate;
        },
        async () => (await measure(bare.url)).rate,
      );
      say(
        `  validations ${perSecond(result.ours)}, bare ${perSecond(result.limit)}, ratio ${result.ratio.toFixed(2)}`,
      );
      say(`  p99 ${p99.map((ms) => ms.toFixed(1)).join(', ')} ms`);
    } finally {
      await bare.close();
      await dispose(stack);
    }
  },
};

async function bareServer(): Promise<{ url: string; close(): Promise<void> }> {
  const body = JSON.stringify({ status: 'valid', premium: true, plan_type: 'pro' });
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    response.end(body);
  });
  const [port, upstream] = (await freePorts(2)) as [number, number];
  await new Promise<void>((resolve) => server.listen(upstream, '127.0.0.1', resolve));
  const directory = mkdtempSync(path.join(tmpdir(), 'license-bench-nginx-'));
  const nginx = await startProcess(
    prepareNginx({
      program: findPrograms(['nginx'], () => {}).nginx,
      directory,
      port,
      account: serverAccount(),
      logFile: path.join(directory, 'nginx.log'),
      accessLog: path.join(directory, 'access.log'),
      commandPorts: [upstream],
      queryPorts: [upstream],
      signUpsPerMinute: 60,
      logInsPerMinute: 60,
    }),
  );
  await untilReady(nginx, () => answersOk(`http://127.0.0.1:${port}/health`));
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      await nginx.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true });
    },
  };
}
