import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../local/ports.ts';
import { serverAccount } from '../../local/servers/account.ts';
import { postgresAnswers, postgresUrl, preparePostgres } from '../../local/servers/postgres.ts';
import { findPrograms } from '../../local/servers/programs.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { type TestServer, testServer } from './servers.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

/** A streaming replica of a test's PostgreSQL, which applies what it gets `delayMs` later. */
export async function startReplica(primary: TestServer, delayMs: number): Promise<TestServer> {
  const parent = mkdtempSync(path.join(tmpdir(), 'license-test-replica-'));
  const directory = path.join(parent, 'data');
  const [port] = (await freePorts(1)) as [number];
  const programs = findPrograms(['postgres', 'initdb'], (line) => void process.stderr.write(`${line}\n`));
  const account = serverAccount();
  if (account) execFileSync('chown', [`${account.uid}:${account.gid}`, parent]);
  // Stands beside the server's own programs.
  const basebackup = path.join(path.dirname(programs.initdb), 'pg_basebackup');
  execFileSync(basebackup, ['-D', directory, '-R', '-X', 'stream', '-c', 'fast', '-d', primary.url], {
    cwd: parent,
    stdio: 'pipe',
    ...account,
  });
  const logFile = path.join(parent, 'replica.log');
  const spec = preparePostgres({
    programs,
    directory,
    port,
    password: 'test',
    account,
    logFile,
    throwAway: true,
  });
  const url = postgresUrl({ port, password: 'test' });
  const delayed = { ...spec, args: [...spec.args, '-c', `recovery_min_apply_delay=${delayMs}ms`] };
  const server = await testServer(delayed, { url, port, directory }, () => postgresAnswers(url, logger));
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
