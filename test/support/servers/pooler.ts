import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../../local/ports.ts';
import { serverAccount } from '../../../local/servers/account.ts';
import { postgresAnswers } from '../../../local/servers/postgres.ts';
import { findPrograms } from '../../../local/servers/programs.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { type TestServer, testServer } from './servers.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

/** PgBouncer in transaction mode before a database, set as docs/scaling.md says, with few connections to share. */
export async function startPooler(databaseUrl: string): Promise<TestServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-test-pooler-'));
  const [port] = (await freePorts(1)) as [number];
  const { hostname, port: serverPort, username, password, pathname } = new URL(databaseUrl);
  const file = path.join(directory, 'pgbouncer.ini');
  writeFileSync(
    file,
    `[databases]
* = host=${hostname} port=${serverPort} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
ignore_startup_parameters = options,extra_float_digits
`,
  );
  const account = serverAccount();
  if (account) for (const each of [directory, file]) chownSync(each, account.uid, account.gid);
  const { pgbouncer } = findPrograms(['pgbouncer'], (line) => void process.stderr.write(`${line}\n`));
  const spec = {
    name: 'pgbouncer',
    command: pgbouncer,
    args: [file],
    user: account,
    cwd: directory,
    logFile: path.join(directory, '..', `${path.basename(directory)}.log`),
  };
  const url = `postgres://${username}:${password}@127.0.0.1:${port}${pathname}`;
  const server = await testServer(spec, { url, port, directory }, () => postgresAnswers(url, logger));
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
