import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../../local/ports.ts';
import { startProcess } from '../../../local/processes/process.ts';
import { answersOk, untilReady } from '../../../local/processes/supervisor.ts';
import { serverAccount } from '../../../local/servers/account.ts';
import { prepareNginx } from '../../../local/servers/nginx.ts';
import { findPrograms } from '../../../local/servers/programs.ts';

export interface Peer extends AsyncDisposable {
  /** Through Nginx. */
  readonly url: string;
  readonly processes: ReadonlyMap<string, number>;
}

/** Starts a server of a file of this folder, behind Nginx as the system has it. Its first argument is its port. */
export async function behindNginx(name: string, args: readonly string[] = []): Promise<Peer> {
  const directory = mkdtempSync(path.join(tmpdir(), `license-bench-${name}-`));
  const [upstream] = (await freePorts(1)) as [number];
  await using started = new AsyncDisposableStack();
  const node = await startProcess({
    name,
    command: process.execPath,
    args: [path.join(import.meta.dirname, `${name}.ts`), String(upstream), ...args],
    env: { NODE_ENV: 'production' },
    logFile: path.join(directory, `${name}.log`),
  });
  started.defer(() => node.stop());
  await untilReady(node, () => answersOk(`http://127.0.0.1:${upstream}/health`));
  const nginx = started.use(await nginxBefore([upstream]));
  const processes = new Map([...nginx.processes, [name, node.pid] as const]);
  const running = started.move();
  return { url: nginx.url, processes, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Nginx as the system has it, before query nodes on these ports of this machine. */
export async function nginxBefore(queryPorts: readonly number[]): Promise<Peer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-bench-nginx-'));
  const [port] = (await freePorts(1)) as [number];
  const nginx = await startProcess(
    prepareNginx({
      program: findPrograms(['nginx'], () => {}).nginx,
      directory,
      port,
      account: serverAccount(),
      logFile: path.join(directory, 'nginx.log'),
      accessLog: path.join(directory, 'access.log'),
      commandPorts: queryPorts,
      queryPorts,
      signUpsPerMinute: 60,
      logInsPerMinute: 60,
    }),
  );
  const url = `http://127.0.0.1:${port}`;
  await untilReady(nginx, () => answersOk(`${url}/health`));
  return { url, processes: new Map([['nginx', nginx.pid]]), [Symbol.asyncDispose]: () => nginx.stop() };
}
