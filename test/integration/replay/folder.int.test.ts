import { randomUUID } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eraseFolder } from '../../../cli/replay/folder/erase.ts';
import { exportFolder } from '../../../cli/replay/folder/export.ts';
import { verifyFolder } from '../../../cli/replay/folder/verify.ts';
import { formatPosition, parsePosition } from '../../../shared/event-log/position.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { LATEST_SCHEMA_LEVEL } from '../../../shared/events/schemas/catalogue.ts';
import { createStaffAuthor } from '../projector/author.ts';
import { bytesOf as bytesIn, manifestOf as manifestIn, rowsOf as rowsIn } from './folders.ts';
import { killTimes, type Victim } from './kills.ts';
import { createReplaySystem, type ReplaySystem } from './system.ts';

/** Some months have more events, some fewer. */
const ROWS = 60;
let system: ReplaySystem;
/** The log when the tests begin. */
let positions: string[];

beforeAll(async () => {
  system = await createReplaySystem({ events: 1_500, users: 100 });
  // An event that is about no user.
  const staff = createStaffAuthor(system.log, system.vault);
  await staff.append({
    type: 'StaffAdded',
    data: { staffId: staff.staffId, name: 'billing', kind: 'service', scopes: [] },
  });
  positions = (await Array.fromAsync(system.log.readAll())).map(({ position }) => formatPosition(position));
}, 60_000);
afterAll(() => system[Symbol.asyncDispose]());

const progress = { update() {}, end() {} };
const work = (name: string) => ({
  folder: system.file(name),
  log: system.log,
  reader: system.reader,
  foreign: () => {},
  signal: new AbortController().signal,
  progress,
});
/** As the tool does, but for the size of parts. */
const exportedWith = (
  options: { readonly rowsPerFile?: number; readonly types?: readonly string[] },
  name: string,
  to?: string,
) =>
  exportFolder({
    ...work(name),
    ...{ types: [], to: to === undefined ? undefined : parsePosition(to) },
    ...options,
  });
const exported = (name: string, to?: string, types: readonly string[] = []) =>
  exportedWith({ rowsPerFile: ROWS, types }, name, to);
const manifestOf = (name: string) => manifestIn(system.file(name));
const bytesOf = (name: string) => bytesIn(system.file(name));
const rowsOf = (name: string) => rowsIn(system.file(name));

const clientsIn = async (name: string) =>
  (await rowsOf(name)).map(({ data }) => (data as { readonly clientId?: string | null }).clientId);

const filesIn = (name: string) => manifestOf(name).files.map(({ file }) => file);

describe('a folder of events by month', () => {
  it('has every event once, in parts of its month, and a manifest that is good', async () => {
    await exported('whole');
    const rows = await rowsOf('whole');
    expect(rows.map(({ position }) => position)).toEqual(positions);
    const { files, up_to } = manifestOf('whole');
    expect(files.every(({ rows }) => rows <= ROWS)).toBe(true);
    expect(files.some(({ rows }) => rows === ROWS)).toBe(true);
    expect(up_to?.position).toBe(positions.at(-1));
    expect(new Set(files.map(({ file }) => path.dirname(file))).size).toBeGreaterThan(12);
    expect(await verifyFolder(work('whole'))).toMatchObject({ problems: [], toErase: 0, byOthers: 0 });
  });

  it('is the same byte for byte, however often it was brought up to date', async () => {
    for (const at of [0, 150, 151, 1_200]) await exported('kept', positions[at]);
    const before = bytesOf('kept');
    await exported('kept');
    const after = bytesOf('kept');
    expect(after).toEqual(bytesOf('whole'));
    // Of what was there only the last part was touched.
    const last = Object.keys(before).at(-1);
    for (const [file, bytes] of Object.entries(before)) {
      if (file !== 'manifest.json' && file !== last) expect(after[file]).toBe(bytes);
    }
  });

  it('is not written again where nothing came', async () => {
    const before = statSync(system.file('kept/manifest.json'));
    expect(await exported('kept')).toMatchObject({ events: 0, written: 0 });
    expect(statSync(system.file('kept/manifest.json'))).toMatchObject({
      ino: before.ino,
      mtimeMs: before.mtimeMs,
    });
  });

  it('can have some types alone', async () => {
    const types = ['LicenseActivated', 'UserErased'];
    await exported('types', positions[700], types);
    await exported('types', undefined, types);
    await exported('types-whole', undefined, types);
    expect(bytesOf('types')).toEqual(bytesOf('types-whole'));
    const wanted = (await rowsOf('whole')).filter(({ type }) => types.includes(String(type)));
    expect((await rowsOf('types')).map(({ position }) => position)).toEqual(
      wanted.map(({ position }) => position),
    );
    await expect(exported('types')).rejects.toThrow(
      'was made with --type LicenseActivated --type UserErased',
    );
  });
});

describe('a folder that somebody changed', () => {
  const changes: Record<string, (folder: string, file: string) => string> = {
    'a part that is cut off': (folder, file) => {
      truncateSync(path.join(folder, file), 50);
      return `${file} is not as it was written`;
    },
    'a part that is gone': (folder, file) => {
      rmSync(path.join(folder, file));
      return `${file} is missing`;
    },
    'a part under another name': (folder, file) => {
      renameSync(path.join(folder, file), path.join(folder, 'mine.parquet'));
      return 'mine.parquet is not in the manifest';
    },
    'a file in a month': (folder, file) => {
      const added = path.join(path.dirname(file), 'notes.txt');
      writeFileSync(path.join(folder, added), 'precious');
      return `${added} is not in the manifest`;
    },
  };

  it.each(Object.keys(changes))('is named file by file, and never overwritten: %s', async (change) => {
    const name = randomUUID();
    cpSync(system.file('types'), system.file(name), { recursive: true });
    const said = changes[change]?.(system.file(name), filesIn(name)[2] as string);
    const before = bytesOf(name);
    await expect(exported(name, undefined, ['LicenseActivated', 'UserErased'])).rejects.toThrow(said);
    await expect(eraseFolder(work(name))).rejects.toThrow(said);
    expect(bytesOf(name)).toEqual(before);
    const { problems } = await verifyFolder(work(name));
    expect(problems.map(({ file, problem }) => `${file} ${problem}`)).toContain(said);
  });

  it('with its manifest to match is found out by the log', async () => {
    const [first, second] = filesIn('types');
    cpSync(system.file('types'), system.file('forged'), { recursive: true });
    cpSync(system.file(`types/${second}`), system.file(`forged/${first}`));
    const manifest = manifestOf('forged');
    const files = manifest.files.map((entry, i) =>
      i === 0 ? { ...manifest.files[1], file: entry.file } : entry,
    );
    writeFileSync(system.file('forged/manifest.json'), JSON.stringify({ ...manifest, files }));
    const { problems } = await verifyFolder(work('forged'));
    expect(problems).toEqual([{ file: first, problem: 'is not what the log gives' }]);
  });

  it('is refused where it is no export, or of another log', async () => {
    mkdirSync(system.file('photos'));
    writeFileSync(system.file('photos/holiday.jpg'), 'precious');
    await expect(exported('photos')).rejects.toThrow('is not empty, and no export');
    expect(readdirSync(system.file('photos'))).toEqual(['holiday.jpg']);

    cpSync(system.file('types'), system.file('other'), { recursive: true });
    const manifest = manifestOf('other');
    const up_to = { ...manifest.up_to, event_id: randomUUID() };
    writeFileSync(system.file('other/manifest.json'), JSON.stringify({ ...manifest, up_to }));
    await expect(verifyFolder(work('other'))).rejects.toThrow('comes from another event store');
  });
});

describe('an erasure', () => {
  it('is applied to what it must be alone, and then the folder is as one that is made again', async () => {
    const author = system.author();
    await author.signUp();
    await author.subscribe();
    await author.activate('jane@home');
    await exported('erasing');
    // Enough for the part to be full: it is left alone from then on.
    for (let n = 0; n < ROWS; n += 2) await system.author().signUp();
    await exported('erasing');
    await author.erase();
    expect(await exported('erasing')).toMatchObject({ events: 1, toErase: 1 });
    expect(await clientsIn('erasing')).toContain('jane@home');
    expect(await verifyFolder(work('erasing'))).toMatchObject({ problems: [], toErase: 1 });

    const before = bytesOf('erasing');
    const { erased, users } = await eraseFolder(work('erasing'));
    expect(erased).toEqual([{ file: expect.any(String), user: author.userId, rows: 1 }]);
    expect(users).toBe(1);
    const after = bytesOf('erasing');
    const changed = Object.keys(after).filter((file) => after[file] !== before[file]);
    expect(changed).toEqual(['manifest.json', erased[0]?.file]);
    expect(await clientsIn('erasing')).not.toContain('jane@home');

    await exported('again');
    expect(after).toEqual(bytesOf('again'));
    expect(await verifyFolder(work('erasing'))).toMatchObject({ problems: [], toErase: 0 });
    // Again it has nothing to do.
    expect(await eraseFolder(work('erasing'))).toMatchObject({ users: 0, erased: [] });
  });
});

/** Runs the tool, until it has committed so many more changes to a folder. */
function killedAfter(changes: number, name: string, args: readonly string[]): Victim {
  const manifest = system.file(`${name}/manifest.json`);
  const seen = new Set([inodeOf(manifest)]);
  return { child: system.start(args).child, isDue: () => seen.add(inodeOf(manifest)).size > changes };
}

const inodeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.ino;

describe('a folder whose export or erasing is killed', () => {
  const args = ['--format', 'parquet', '--partition', 'month', '--out'];

  it(`verifies after the next run, and is the same as one that was not: export`, async () => {
    await killTimes(
      (kill) => killedAfter(1 + (kill % 4), 'killed', [...args, 'killed']),
      () => rmSync(system.file('killed'), { recursive: true }),
    );
    const abroad = { TZ: 'Pacific/Auckland', LC_ALL: 'tr_TR.UTF-8' };
    expect(await system.replay([...args, 'killed'], abroad)).toMatchObject({ code: 0, stdout: '' });
    expect(await system.replay(['verify', 'killed'])).toMatchObject({
      ...{ code: 0, stdout: '' },
      stderr: expect.stringContaining('killed is good: '),
    });
    await exportedWith({}, 'unharmed');
    expect(bytesOf('killed')).toEqual(bytesOf('unharmed'));
  });

  it('verifies after the next run, and is the same as one that was not: erase', async () => {
    const rows = await rowsOf('killed');
    const gone = new Set(rows.filter(({ type }) => type === 'UserErased').map(({ user_id }) => user_id));
    const active = rows.filter(({ type, user_id }) => type === 'LicenseActivated' && !gone.has(user_id));
    const users = [...new Set(active.map(({ user_id }) => String(user_id)))].slice(0, 10);
    for (const user of users) await erase(user);
    const copy = () => cpSync(system.file('unharmed'), system.file('killed'), { recursive: true });
    await killTimes((kill) => killedAfter(1 + (kill % 3), 'killed', ['erase', 'killed']), copy);
    const { code, stderr } = await system.replay(['erase', 'killed']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('erasures are applied up to'),
    });
    expect(await verifyFolder(work('killed'))).toMatchObject({ problems: [], toErase: 0 });
    await exportedWith({}, 'late', manifestOf('killed').up_to?.position);
    expect(bytesOf('killed')).toEqual(bytesOf('late'));
  });
});

describe('a log with an event that this version does not know', () => {
  it('stops the export, is named, and what was exported stays', async () => {
    await exported('whole');
    const author = system.author();
    await author.signUp();
    const { userId } = author;
    const event = await author.encode({ type: 'UserErased', data: { userId, emailBlocked: false } });
    await author.appendRaw({ ...event, type: 'UserFrozen' });
    const before = bytesOf('whole');
    await expect(exported('whole')).rejects.toThrow(
      `event 1 of user-${userId} (UserFrozen) is not known here`,
    );
    expect(bytesOf('whole')).toEqual(before);
  });
});

/** Erases somebody of the history. */
async function erase(userId: string): Promise<void> {
  const stream = `user-${userId}`;
  const last = (await Array.fromAsync(system.log.readStream(stream))).at(-1)?.revision as number;
  const codec = createCodec({ writeLevel: LATEST_SCHEMA_LEVEL, vault: system.vault });
  const metadata = {
    ...{ $correlationId: 'c', $causationId: 'c', commandId: randomUUID() },
    actor: { role: 'system', id: 'test' } as const,
  };
  const event = { type: 'UserErased', data: { userId, emailBlocked: false } } as const;
  await system.log.append(stream, last, [await codec.encode(event, { stream, index: 0, metadata })], {
    deadlineMs: 10_000,
  });
}
