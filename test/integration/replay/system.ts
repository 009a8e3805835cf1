import { type ChildProcess, spawn } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEventStore } from '../../../local/event-store/server.ts';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createReader } from '../../../shared/events/codec.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createVault } from '../../../shared/vault/postgres-vault.ts';
import { writeHistory } from '../../support/population/history.ts';
import { createDatabase } from '../../support/servers/databases.ts';
import { createAuthors } from '../projector/author.ts';

const entry = path.resolve(import.meta.dirname, '../../../cli/main.ts');
const logger = createLogger({ service: 'test', level: 'silent' });
const KEY = Buffer.alloc(32, 7);

export interface ToolResult {
  /** The exit code; undefined if a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the tool that runs. */
export interface RunningTool {
  readonly child: ChildProcess;
  readonly result: Promise<ToolResult>;
}

/** An event store with a history, its vault, and the tool. */
export async function createReplaySystem(history?: { readonly events: number; readonly users: number }) {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createDatabase());
  const storeDatabase = stack.use(await createDatabase());
  const pool = createPool({ connectionString: database.url, applicationName: 'test', max: 4, logger });
  stack.defer(() => pool.end());
  await migrateAll({ database: pool, vault: pool });
  const masterKey = createSecretKey(KEY);
  const vault = createVault({ db: pool, masterKey, clock: systemClock });
  const start = () => startEventStore({ host: '127.0.0.1', port: 0, databaseUrl: storeDatabase.url, logger });
  if (history) {
    // Makes the table; nobody may write beside the history.
    await (await start()).close();
    await writeHistory({
      ...history,
      eventStoreDatabaseUrl: storeDatabase.url,
      databaseUrl: database.url,
      masterKey,
    });
  }
  const store = await start();
  stack.defer(() => store.close());
  const log = connectEventLog({ connectionString: store.connectionString });
  stack.defer(() => log.close());
  const folder = mkdtempSync(path.join(tmpdir(), 'license-test-replay-'));
  stack.defer(async () => rmSync(folder, { recursive: true }));

  const reading = { PATH: process.env.PATH ?? '', NODE_ENV: 'test', EVENTSTORE_URL: store.connectionString };
  const spawned = (args: readonly string[], env: Record<string, string> = {}): RunningTool => {
    const child = spawn(process.execPath, [entry, 'replay', ...args], {
      env: { ...reading, ...env },
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk;
      });
    }
    const result = once(child, 'close').then(([code]) => ({ code: code ?? undefined, ...text }));
    return { child, result };
  };
  const kept = stack.move();
  return {
    log,
    vault,
    pool,
    folder,
    reader: createReader(),
    author: createAuthors(log, vault),
    storeDatabaseUrl: storeDatabase.url,
    /** What every command needs. */
    env: reading,
    /** What `--with-personal` needs besides. */
    vaultSettings: { DATABASE_URL: database.url, VAULT_MASTER_KEY: KEY.toString('base64url') },
    file: (name: string) => path.join(folder, name),
    /** Starts the tool's `replay` as a process of its own, in the system's folder. */
    start: spawned,
    /** Runs it to its end. */
    replay: (args: readonly string[], env?: Record<string, string>) => spawned(args, env).result,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type ReplaySystem = Awaited<ReturnType<typeof createReplaySystem>>;

/** The objects of newline-delimited JSON. */
export const lines = <T = Record<string, unknown>>(text: string): T[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as T);
