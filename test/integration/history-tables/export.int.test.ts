import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportTables } from '../../../cli/history-tables/export/export.ts';
import { withSnapshot } from '../../../cli/history-tables/export/snapshot.ts';
import { verifyTables } from '../../../cli/history-tables/export/verify.ts';
import { installMetrics, metrics } from '../../../projector/history/metrics.ts';
import { inTransaction } from '../../../shared/adapters/postgres/pool.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { LATEST_SCHEMA_LEVEL } from '../../../shared/events/schemas/catalogue.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { askDuckdb } from '../../support/analysis/duckdb.ts';
import { updateHistoryTables } from '../../support/analysis/history-tables.ts';
import { askPostgres } from '../metrics/tables.ts';
import { instant, newId } from '../projector/author.ts';
import { bytesOf, manifestOf, rowsOf } from '../replay/folders.ts';
import { killTimes, type Victim } from '../replay/kills.ts';
import { createReplaySystem, type ReplaySystem } from '../replay/system.ts';

const ROWS = 40;
const entry = path.resolve(import.meta.dirname, '../../../cli/main.ts');
const logger = createLogger({ service: 'test', level: 'silent' });
let system: ReplaySystem;
let databaseUrl: string;

beforeAll(async () => {
  system = await createReplaySystem({ events: 1_500, users: 100 });
  databaseUrl = system.vaultSettings.DATABASE_URL;
  await update();
  // A database has an order of texts of its own, and an upgrade may change it.
  await inTransaction(system.pool, async (client) => {
    await client.query(`
      DROP FUNCTION history.machines(date, date);
      ALTER TABLE history.machines_by_day ALTER product TYPE text COLLATE "und-x-icu";
      INSERT INTO history.machines_by_day VALUES ('2026-05-01', 'app', 12), ('2026-05-01', 'Beta', 3)`);
    await installMetrics(client, 'history');
  });
}, 60_000);
afterAll(() => system[Symbol.asyncDispose]());

const update = () => updateHistoryTables({ log: system.log, databaseUrl });
const work = <T>(run: (work: Omit<Parameters<typeof verifyTables>[0], 'folder'>) => Promise<T>) =>
  withSnapshot({ connectionString: databaseUrl, logger }, (snapshot) =>
    run({ snapshot, signal: new AbortController().signal, progress: { update() {}, end() {} } }),
  );
const exported = (name: string, erase = false, rowsPerFile?: number) =>
  work((options) =>
    exportTables({ ...options, folder: system.file(name), erase, rowsPerFile: rowsPerFile ?? ROWS }),
  );
const verified = (name: string) => work((options) => verifyTables({ ...options, folder: system.file(name) }));
const bytes = (name: string) => bytesOf(system.file(name));
const GOOD = { problems: [], byOthers: 0, toErase: 0, notCompared: 0 };

/** Appends events of a user that were decided at a time. */
async function append(userId: string, at: number, ...events: readonly NewUserEvent[]): Promise<void> {
  const stream = `user-${userId}`;
  const codec = createCodec({ writeLevel: LATEST_SCHEMA_LEVEL, vault: system.vault });
  const actor = { role: 'system', id: 'test' } as const;
  for (const event of events) {
    const ids = { $correlationId: 'c', $causationId: 'c', commandId: randomUUID() };
    const metadata = { ...ids, actor, decidedAt: instant(at) };
    const before = (await Array.fromAsync(system.log.readStream(stream))).at(-1)?.revision ?? 'no_stream';
    const encoded = await codec.encode(event, { stream, index: 0, metadata });
    await system.log.append(stream, before, [encoded], { deadlineMs: 10_000 });
  }
}

describe('a folder of the history tables', () => {
  it('has their rows, by the month in which they stopped being known', async () => {
    await exported('tables');
    expect(await verified('tables')).toMatchObject(GOOD);
    for (const table of ['subscription_states', 'license_states', 'customers', 'days', 'machines_by_day']) {
      const { rows } = await system.pool.query(`SELECT count(*)::int AS count FROM history.${table}`);
      expect(await rowsOf(system.file('tables'), table)).toHaveLength(rows[0].count);
    }
    const { files } = manifestOf(system.file('tables'));
    expect(files.filter(({ file }) => file.startsWith('license_states/')).length).toBeGreaterThan(15);
    const machines = await rowsOf(system.file('tables'), 'machines_by_day');
    expect(machines.map(({ product }) => product)).toEqual(['Beta', 'app']);
    const open = await rowsOf(system.file('tables'), 'subscription_states/month=open');
    expect(open.every(({ known_to }) => known_to === null)).toBe(true);
    expect(open.length).toBeGreaterThan(50);
  });

  it('answers every metric in DuckDB as PostgreSQL does from the tables', async () => {
    const value = { timestamptz: "'2026-06-15T00:00:00Z'", date: "'2026-06-15'", month: "'2026-03-01'" };
    const questions = [
      ...metrics.map(
        ({ name, parameters }) =>
          `SELECT * FROM ${name}(${parameters.map(({ type }) => value[type]).join(', ')})`,
      ),
      'SELECT count(*) AS rows, sum(mrr) AS mrr FROM subscriptions_as_of(now(), now())',
      "SELECT count(*) AS rows FROM licenses_as_of('2026-02-01T00:00:00Z', '2026-04-01T00:00:00Z')",
    ];
    const folder = system.file('tables');
    const setUp = [
      `SET file_search_path = '${folder}'`,
      readFileSync(`${folder}/history.duckdb.sql`, 'utf8'),
    ];
    const duckdb = await askDuckdb(setUp, questions);
    const postgres = await Promise.all(questions.map((question) => askPostgres(system.pool, question)));
    const sorted = (answers: unknown[][]) =>
      answers.map((rows) => rows.map((row) => JSON.stringify(row)).sort());
    expect(sorted(duckdb)).toEqual(sorted(postgres));
  });

  it('is brought up to date where rows came, a month that is over among them, and is as one that is made again', async () => {
    const before = bytes('tables');
    const user = system.author();
    await user.signUp();
    await user.subscribe();
    await user.activate('laptop');
    // Decided months ago, applied only now, as an event that was parked is.
    const late = newId();
    const [id, at] = [newId(Date.UTC(2026, 2, 10)), Date.UTC(2026, 2, 10)];
    const digest = 'a'.repeat(64);
    await append(late, at, {
      type: 'UserSignedUp',
      data: { userId: late, emailDigest: digest, personal: { email: 'a@b.de', passwordHash: 'x' } },
    });
    await append(late, at, {
      type: 'LicenseActivated',
      data: {
        userId: late,
        product: 'app',
        licenseId: id,
        subscriptionId: id,
        clientId: 'old',
        personal: {},
      },
    });
    await append(late, at + 86_400_000, {
      type: 'LicenseDeactivated',
      data: { userId: late, licenseId: id, clientId: 'old', personal: {} },
    });
    await update();
    expect((await verified('tables')).problems).toEqual([]);
    await exported('tables');
    await exported('again');
    const after = bytes('tables');
    expect(after).toEqual(bytes('again'));
    expect(await verified('tables')).toMatchObject(GOOD);
    const changed = Object.keys(before).filter(
      (file) => file.endsWith('.parquet') && before[file] !== after[file],
    );
    const closed = changed.filter((file) => !file.includes('month=open'));
    expect(closed.length).toBeGreaterThan(0);
    expect(closed.every((file) => file.startsWith('license_states/month=2026-03/'))).toBe(true);
  });

  it('is left alone where somebody changed it', async () => {
    cpSync(system.file('tables'), system.file('changed'), { recursive: true });
    truncateSync(system.file('changed/customers/month=open/part-00001.parquet'), 40);
    const before = bytes('changed');
    await expect(exported('changed')).rejects.toThrow(
      'customers/month=open/part-00001.parquet is not as it was',
    );
    expect(bytes('changed')).toEqual(before);
    expect((await verified('changed')).problems).toEqual([
      { file: 'customers/month=open/part-00001.parquet', problem: 'is not as it was written' },
    ]);
  });
});

describe('an erasure', () => {
  it('is taken out of months that are over by erase alone, and then the folder is as one that is made again', async () => {
    const { rows } = await system.pool.query(
      `SELECT user_id FROM history.license_states l WHERE isfinite(known_to) AND client_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM history.customers c WHERE c.user_id = l.user_id AND status = 'erased') LIMIT 1`,
    );
    const [{ user_id: userId }] = rows;
    await append(userId, Date.now(), { type: 'UserErased', data: { userId, emailBlocked: false } });
    await update();
    const { erased } = await exported('tables');
    expect(erased.length).toBeGreaterThan(0);
    expect(erased.every(({ user }) => user === userId)).toBe(true);
    const clientsOf = async () =>
      (await rowsOf(system.file('tables'), 'license_states'))
        .filter(({ user_id }) => user_id === userId)
        .map(({ client_id }) => client_id);
    expect((await clientsOf()).filter((client) => client !== null)).not.toEqual([]);
    expect(await verified('tables')).toMatchObject({ problems: [], toErase: 1 });

    expect((await exported('tables', true)).erased).toEqual(erased);
    expect(new Set(await clientsOf())).toEqual(new Set([null]));
    await exported('erased-again');
    expect(bytes('tables')).toEqual(bytes('erased-again'));
    expect(await verified('tables')).toMatchObject(GOOD);
  });
});

describe('a folder whose export or erasing is killed', () => {
  const env = () => ({ ...system.env, DATABASE_URL: databaseUrl });

  /** Runs the tool, until it has begun so many files. */
  const killedAfter = (files: number, ...args: readonly string[]): Victim => ({
    child: spawn(process.execPath, [entry, 'history-tables', ...args], { env: env(), cwd: system.folder }),
    isDue: () =>
      readdirSync(system.file('killed'), { recursive: true, encoding: 'utf8' }).filter((file) =>
        file.endsWith('.next'),
      ).length >= files,
  });

  it('is of one time, verifies after the next run, and is as one that was not', async () => {
    mkdirSync(system.file('killed'));
    await killTimes(
      (kill) => killedAfter(1 + ((kill * 7) % 40), 'export', '--out', 'killed'),
      () => rmSync(system.file('killed'), { recursive: true }),
    );
    await exported('killed');
    expect(await verified('killed')).toMatchObject({ problems: [], toErase: 0 });
    cpSync(system.file('killed'), system.file('before'), { recursive: true });
    const copy = () => {
      rmSync(system.file('killed'), { recursive: true });
      cpSync(system.file('before'), system.file('killed'), { recursive: true });
    };
    const { rows } = await system.pool.query(
      `SELECT DISTINCT user_id FROM history.license_states l WHERE isfinite(known_to) AND client_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM history.customers c WHERE c.user_id = l.user_id AND status = 'erased') LIMIT 5`,
    );
    for (const { user_id: userId } of rows) {
      await append(userId, Date.now(), { type: 'UserErased', data: { userId, emailBlocked: false } });
    }
    await update();
    await killTimes((kill) => killedAfter(1 + ((kill * 3) % 10), 'erase', 'killed'), copy);
    await exported('killed', true);
    expect(await verified('killed')).toMatchObject(GOOD);
    // As the tool made the other.
    await exported('unharmed', false, 100_000);
    expect(bytes('killed')).toEqual(bytes('unharmed'));
  });
});
