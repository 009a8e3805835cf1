import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { eventually } from '../../support/eventually.ts';
import type { Author } from '../projector/author.ts';
import { readCsv } from './csv-reader.ts';
import { ZSTD } from './parquet-reader.ts';
import { createReplaySystem, lines, type ReplaySystem } from './system.ts';

type Row = Record<string, unknown> & { readonly data: Record<string, unknown> };

const NASTY = 'Größe, "quoted"\r\nand a line; =1+1 ✓ 🦊';
let system: ReplaySystem;
let erased: Author;
let kept: Author;

beforeAll(async () => {
  system = await createReplaySystem();
  kept = system.author();
  await kept.signUp();
  await kept.subscribe('pro');
  await kept.activate(NASTY, NASTY);
  erased = system.author();
  await erased.signUp();
  await erased.activate('laptop', 'Ada’s laptop');
  await erased.erase();
});
afterAll(() => system[Symbol.asyncDispose]());

async function rowsOf(...args: string[]): Promise<Row[]> {
  const { code, stdout, stderr } = await system.replay(args, system.vaultSettings);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return lines<Row>(stdout);
}

describe('a row', () => {
  it('has every field of the event, by name', async () => {
    const [event] = await Array.fromAsync(
      system.log.readStream(`user-${kept.userId}`, { from: 2, limit: 1 }),
    );
    const { id, metadata, position, created, data } = event as RecordedEvent;
    const [row] = (await rowsOf('--user', kept.userId, '--type', 'LicenseActivated')) as [Row];
    expect(row).toEqual({
      position: `${position.commit}/${position.prepare}`,
      revision: 2,
      stream: `user-${kept.userId}`,
      event_id: id,
      type: 'LicenseActivated',
      time: metadata.decidedAt,
      logged_at: created.toISOString(),
      user_id: kept.userId,
      correlation_id: metadata.$correlationId,
      causation_id: metadata.$causationId,
      command_id: metadata.commandId,
      actor_role: 'system',
      actor_id: 'test',
      schema_version: 2,
      data: {
        userId: kept.userId,
        product: 'app',
        licenseId: data.licenseId,
        subscriptionId: data.subscriptionId,
        clientId: NASTY,
      },
    });
  });

  it('is the same in each format', async () => {
    const json = await rowsOf();
    for (const format of ['csv', 'parquet'])
      await system.replay(['--out', `a.${format}`, '--format', format]);
    const [header, ...records] = readCsv(readFileSync(system.file('a.csv'), 'utf8')) as [
      string[],
      ...string[][],
    ];
    expect(header).toEqual(Object.keys(json[0] as Row));
    expect(
      records.map((record) => {
        const row = Object.fromEntries(header.map((name, i) => [name, record[i] as string]));
        return {
          ...row,
          revision: Number(row.revision),
          schema_version: Number(row.schema_version),
          data: JSON.parse(row.data ?? ''),
        };
      }),
    ).toEqual(json);

    const file = await asyncBufferFromFile(system.file('a.parquet'));
    expect(Number((await parquetMetadataAsync(file)).num_rows)).toBe(json.length);
    const table = await parquetReadObjects({ file, compressors: ZSTD });
    expect(table).toEqual(
      json.map((row) => {
        const [commit, prepare] = String(row.position).split('/').map(BigInt);
        return {
          ...row,
          commit_position: commit,
          prepare_position: prepare,
          revision: BigInt(Number(row.revision)),
          schema_version: BigInt(Number(row.schema_version)),
          time: new Date(String(row.time)),
          logged_at: new Date(String(row.logged_at)),
        };
      }),
    );
  });
});

/** A Parquet file's values as text; the file itself is compressed. */
async function parquetText(name: string): Promise<string> {
  const file = await asyncBufferFromFile(system.file(name));
  const rows = await parquetReadObjects({ file, compressors: ZSTD });
  return rows.map((row) => Object.values(row).map(String).join(' ') + JSON.stringify(row.data)).join('\n');
}

describe('personal data', () => {
  it.each(['ndjson', 'csv', 'parquet'])('is not in %s, sealed or open', async (format) => {
    const file = `without.${format}`;
    // No vault and no key: a connection to neither is made.
    expect(await system.replay(['--format', format, '--out', file])).toMatchObject({ code: 0 });
    const text = format === 'parquet' ? await parquetText(file) : readFileSync(system.file(file), 'utf8');
    expect(text).toContain(kept.userId);
    for (const secret of [kept.email, erased.email, 'Ada', 'personal', 'not a hash', 'eyJ']) {
      expect(text).not.toContain(secret);
    }
  });

  it('is opened with the flag and a key: empty for whoever was erased, and never a password hash', async () => {
    const rows = await rowsOf('--with-personal');
    const personal = (author: Author, type: string) =>
      rows.find((row) => row.type === type && row.user_id === author.userId)?.data.personal;
    expect(personal(kept, 'UserSignedUp')).toEqual({ email: kept.email });
    expect(personal(kept, 'LicenseActivated')).toEqual({ clientName: NASTY });
    expect(personal(erased, 'UserSignedUp')).toEqual({});
    expect(personal(erased, 'LicenseActivated')).toEqual({});
    expect(personal(kept, 'SubscriptionStarted')).toBe(undefined);
    expect(JSON.stringify(rows)).not.toMatch(/not a hash|passwordHash|eyJ/);
  });

  it('in a file is readable by whoever exported it alone', async () => {
    await system.replay(['--with-personal', '--out', 'private'], system.vaultSettings);
    expect(statSync(system.file('private')).mode & 0o777).toBe(0o600);
    expect(readFileSync(system.file('private'), 'utf8')).toContain(kept.email);
  });

  it('is not opened without a key, or with another one', async () => {
    const { DATABASE_URL } = system.vaultSettings;
    const without = await system.replay(['--with-personal'], { DATABASE_URL });
    expect(without).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('VAULT_MASTER_KEY'),
    });
    const missing = { DATABASE_URL, VAULT_MASTER_KEY_FILE: system.file('no.key') };
    expect(await system.replay(['--with-personal'], missing)).toMatchObject({ code: 1, stdout: '' });
    expect(existsSync(missing.VAULT_MASTER_KEY_FILE)).toBe(false);
    const other = { DATABASE_URL, VAULT_MASTER_KEY: Buffer.alloc(32, 9).toString('base64url') };
    expect(await system.replay(['--with-personal'], other)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('master key'),
    });
  });
});

describe('standard output', () => {
  it('gets Parquet whole, too', async () => {
    const shell = path.resolve(import.meta.dirname, '../../../cli/main.ts');
    const child = spawn(
      '/bin/sh',
      ['-c', `"${process.execPath}" "${shell}" replay --format parquet > piped`],
      {
        cwd: system.folder,
        env: { ...process.env, EVENTSTORE_URL: system.env.EVENTSTORE_URL, NODE_ENV: 'test' },
      },
    );
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(readFileSync(system.file('piped')).equals(readFileSync(system.file('a.parquet')))).toBe(true);
  });

  it('may close at any time: the tool ends without a word', async () => {
    const many = Array.from({ length: 300 }, () => system.author());
    await Promise.all(many.map((author) => author.signUp()));
    const { child, result } = system.start([]);
    child.stdout?.destroy();
    expect(await result).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('may be full: SIGTERM ends the tool all the same', async () => {
    // More than a pipe holds.
    for (let n = 0; n < 15; n++) {
      // Not all at once: an append has a deadline.
      await Promise.all(Array.from({ length: 100 }, () => system.author().signUp()));
    }
    const { child, result } = system.start([]);
    child.stdout?.pause();
    await eventually('it writes', () => (child.stdout?.readableLength ?? 0) > 0);
    child.kill('SIGTERM');
    await once(child, 'exit');
    child.stdout?.resume();
    expect(await result).toMatchObject({ code: 143 });
  });
});

describe('a log with an event that this version does not know', () => {
  it('stops the export, and says which', async () => {
    const stranger = system.author();
    await stranger.signUp();
    const event = await stranger.encode({
      type: 'UserErased',
      data: { userId: stranger.userId, emailBlocked: false },
    });
    await stranger.appendRaw({ ...event, type: 'UserFrozen' });
    const { code, stderr } = await system.replay(['--out', 'stopped']);
    expect(code).toBe(1);
    expect(stderr).toContain(`event 1 of user-${stranger.userId} (UserFrozen) is not known here`);
    expect(readdirSync(system.folder)).not.toContain('stopped');
    // What is asked for by type does not meet it.
    expect(await system.replay(['--type', 'UserErased'])).toMatchObject({ code: 0 });
  });
});

describe('an event that another program wrote', () => {
  it('is named and left out, and the rest goes on', async () => {
    const user = system.author();
    await user.signUp();
    await user.appendRaw({
      id: randomUUID(),
      type: 'UserErased',
      data: { userId: user.userId },
      metadata: {},
    });
    await user.activate('behind');
    const { code, stdout, stderr } = await system.replay(['--user', user.userId]);
    expect(code).toBe(0);
    expect(lines<{ type: string }>(stdout).map(({ type }) => type)).toEqual([
      ...['EmailReserved', 'UserSignedUp', 'LicenseActivated'],
    ]);
    expect(stderr).toMatch(
      new RegExp(`^Event 1 of user-${user.userId} \\(UserErased, position .*another program: it is left out`),
    );
  });
});

describe('an event whose personal data is damaged', () => {
  it('is named and exported without, and the rest goes on', async () => {
    const [damaged, other] = [system.author(), system.author()];
    await damaged.signUp();
    await other.signUp();
    const erased = (userId: string) => ({
      type: 'LicenseDeactivated' as const,
      data: { userId, licenseId: randomUUID(), clientId: 'a client', personal: { reason: 'sold' } },
    });
    const event = await damaged.encode(erased(damaged.userId));
    const foreign = await other.encode(erased(other.userId));
    const personal = (foreign.data as { personal: string }).personal;
    await damaged.appendRaw({ ...event, data: { ...event.data, personal } });
    await other.appendRaw(await other.encode(erased(other.userId)));
    const users = ['--user', damaged.userId, '--user', other.userId, '--with-personal'];
    const { code, stdout, stderr } = await system.replay(users, system.vaultSettings);
    expect(code).toBe(0);
    expect(stderr).toContain(`Event 1 of user-${damaged.userId} (LicenseDeactivated, position `);
    expect(stderr).not.toContain(other.userId);
    const reasons = lines<{ user_id: string; data: { personal?: { reason?: string } } }>(stdout).map(
      ({ data }) => data.personal?.reason,
    );
    expect(reasons.filter((reason) => reason === 'sold')).toHaveLength(1);
    // Reservation, sign-up and deactivation of each.
    expect(reasons).toHaveLength(6);
  });
});
