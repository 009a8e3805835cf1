import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import { loadCatalogue } from '../../../shared/catalogue/read.ts';
import { Backend } from '../command-service/nodes.ts';
import { carryOut } from './story/carry-out.ts';
import { folder as analytics, readStory } from './story/read.ts';

const run = promisify(execFile);
const entry = path.resolve(import.meta.dirname, '../../../cli/main.ts');

/** What query nodes would have measured: it follows from no event. */
const MACHINES = `INSERT INTO usage.machines_by_day (day, product, machines)
  VALUES ('2026-06-29', 'studio', 4), ('2026-06-30', 'studio', 6), ('2026-06-30', 'render', 1)`;

/** The company of the story, with its history tables in PostgreSQL. */
export async function createCompany() {
  await using stack = new AsyncDisposableStack();
  const backend = await Backend.start();
  stack.defer(() => backend.close());
  const { pool } = backend;
  const folder = mkdtempSync(path.join(tmpdir(), 'license-test-analytics-'));
  stack.defer(async () => rmSync(folder, { recursive: true }));
  await migrateAll({ database: pool, vault: pool });
  await pool.query(MACHINES);
  const { catalogue } = loadCatalogue(path.join(analytics, 'catalogue.json'));
  const names = await carryOut(readStory(), backend.node({ catalogue }));
  const env = {
    PATH: process.env.PATH ?? '',
    NODE_ENV: 'test',
    EVENTSTORE_URL: backend.store.connectionString,
    DATABASE_URL: backend.databaseUrl,
  };
  const tool = (...args: string[]) => run(process.execPath, [entry, ...args], { env });
  await tool('history-tables', 'update');
  const kept = stack.move();
  return {
    pool,
    /** Of customers, by user id. */
    names,
    folder,
    /** Where an export of the history tables goes. */
    exported: path.join(folder, "the company's history"),
    tool,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type Company = Awaited<ReturnType<typeof createCompany>>;
