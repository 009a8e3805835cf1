import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createPool, isPostgresUnavailable } from '../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../shared/process/logger.ts';
import type { ProcessSpec } from '../processes/process.ts';
import { type Account, serverDirectory } from './account.ts';

export interface PostgresOptions {
  readonly programs: { readonly postgres: string; readonly initdb: string };
  readonly directory: string;
  readonly port: number;
  readonly password: string;
  readonly account: Account | undefined;
  readonly logFile: string;
  /** For tests: trades what survives a power cut for speed. A killed process loses nothing either way. */
  readonly throwAway?: boolean;
}

export const postgresUrl = (
  options: { readonly port: number; readonly password: string },
  database = 'postgres',
): string => `postgres://postgres:${options.password}@127.0.0.1:${options.port}/${database}`;

/** Makes the data directory if there is none, and says how to start the server. @throws Error initdb failed */
export function preparePostgres(options: PostgresOptions): ProcessSpec {
  const directory = serverDirectory(options.directory, options.account);
  if (!existsSync(path.join(directory, 'PG_VERSION'))) initialise(directory, options);
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(options.port),
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '256MB',
    // Group commit is the log's own; a larger WAL makes checkpoints rare during bulk work.
    max_wal_size: '4GB',
    ...(options.throwAway ? { fsync: 'off', full_page_writes: 'off' } : {}),
  };
  return {
    name: 'postgres',
    command: options.programs.postgres,
    args: [
      '-D',
      directory,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    user: options.account,
    cwd: directory,
    // Fast shutdown: open transactions are rolled back, and the next start needs no recovery.
    stopSignal: 'SIGINT',
    logFile: options.logFile,
  };
}

function initialise(directory: string, options: PostgresOptions): void {
  const passwordFile = path.join(directory, '..', `${path.basename(directory)}.password`);
  writeFileSync(passwordFile, options.password, { mode: 0o644 });
  try {
    const result = spawnSync(
      options.programs.initdb,
      [
        '-D',
        directory,
        '-U',
        'postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--locale=C',
      ],
      { encoding: 'utf8', cwd: directory, ...(options.account ?? {}) },
    );
    if (result.status !== 0) throw new Error(`initdb failed: ${result.error?.message ?? ''}${result.stderr}`);
  } finally {
    rmSync(passwordFile);
  }
}

/** True if the server takes queries now. */
export async function postgresAnswers(url: string, logger: Logger): Promise<boolean> {
  const pool = createPool({ connectionString: url, applicationName: 'launcher', max: 1, logger });
  try {
    await pool.query('SELECT 1');
    return true;
  } catch (error) {
    if (isPostgresUnavailable(error)) return false;
    throw error;
  } finally {
    await pool.end();
  }
}

/** Creates the database unless it is there. */
export async function ensureDatabase(serverUrl: string, name: string, logger: Logger): Promise<void> {
  const pool = createPool({ connectionString: serverUrl, applicationName: 'launcher', max: 1, logger });
  try {
    const { rowCount } = await pool.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await pool.query(`CREATE DATABASE "${name}"`);
  } finally {
    await pool.end();
  }
}
