import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../../local/ports.ts';
import { serverAccount } from '../../../local/servers/account.ts';
import { postgresAnswers, postgresUrl, preparePostgres } from '../../../local/servers/postgres.ts';
import { findPrograms } from '../../../local/servers/programs.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { type TestServer, testServer } from './servers.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

/** Copies a server into a directory that is made for it, as a replica of it. */
export function backUp(url: string, directory: string): void {
  const programs = findPrograms(['initdb'], (line) => void process.stderr.write(`${line}\n`));
  // Stands beside the server's own programs.
  const program = path.join(path.dirname(programs.initdb), 'pg_basebackup');
  const account = serverAccount();
  mkdirSync(directory, { mode: 0o700 });
  if (account) chownSync(directory, account.uid, account.gid);
  execFileSync(program, ['-D', directory, '-R', '-X', 'stream', '-c', 'fast', '-d', url], {
    cwd: path.dirname(directory),
    stdio: 'pipe',
    ...account,
  });
}

/** A streaming replica of a PostgreSQL, which applies what it gets `delayMs` later. */
export async function startReplica(primary: { readonly url: string }, delayMs: number): Promise<TestServer> {
  const parent = mkdtempSync(path.join(tmpdir(), 'license-test-replica-'));
  const directory = path.join(parent, 'data');
  const [port] = (await freePorts(1)) as [number];
  const programs = findPrograms(['postgres', 'initdb'], (line) => void process.stderr.write(`${line}\n`));
  const account = serverAccount();
  if (account) execFileSync('chown', [`${account.uid}:${account.gid}`, parent]);
  backUp(primary.url, directory);
  const logFile = path.join(parent, 'replica.log');
  const { password, pathname } = new URL(primary.url);
  const spec = preparePostgres({ programs, directory, port, password, account, logFile, throwAway: true });
  const url = postgresUrl({ port, password }, pathname.slice(1));
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
