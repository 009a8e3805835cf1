import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemsOf } from '../../../cli/export-folder/check.ts';
import { ExportFolder } from '../../../cli/export-folder/folder.ts';
import { type Entry, type Manifest, manifestText } from '../../../cli/export-folder/manifest.ts';

const EMPTY: Manifest = {
  ...{ format: 1, kind: 'events', criteria: { types: [] } },
  ...{ rows_per_file: 10, up_to: null, files: [] },
};
/** A few here, hundreds by hand. */
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const FILE = 'month=2026-06/part-00001.parquet';

const entryOf = (text: string): Entry => ({
  ...{ file: FILE, rows: 1, bytes: text.length, first: null, last: null, erased_to: '1/1' },
  ...{ sha256: createHash('sha256').update(text).digest('hex'), schema_versions: {}, written_by: 'test' },
});
const withPart = (text: string): Manifest => ({ ...EMPTY, files: [entryOf(text)] });

let folder: string;
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'license-test-folder-')), 'export');
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

const at = (file: string) => path.join(folder, file);
const text = (file: string) => readFileSync(at(file), 'utf8');

async function commit(text: string): Promise<ExportFolder> {
  const open = await ExportFolder.open(folder, EMPTY);
  const draft = await open.begin(FILE);
  await draft.write(text);
  await open.commit(withPart(text), [draft]);
  return open;
}

describe('a folder of exports', () => {
  it('has a part and the manifest that names it at once', async () => {
    await commit('one');
    await commit('two');
    expect(text(FILE)).toBe('two');
    expect((await ExportFolder.open(folder)).manifest).toEqual(withPart('two'));
    expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'month=2026-06']);
  });

  it('killed before its next manifest is whole stays as it was', async () => {
    await commit('one');
    writeFileSync(at(`${FILE}.next`), 'two');
    writeFileSync(at('manifest.json.next'), manifestText(withPart('two')).slice(0, -2));
    expect((await ExportFolder.open(folder)).manifest).toEqual(withPart('one'));
    expect([existsSync(at(`${FILE}.next`)), existsSync(at('manifest.json.next'))]).toEqual([false, false]);
    expect(text(FILE)).toBe('one');
  });

  it.each([
    ['before the part has its name', `${FILE}.next`],
    ['before the manifest has', FILE],
  ])('killed %s has the next one', async (_, file) => {
    await commit('one');
    writeFileSync(at(file), 'two');
    writeFileSync(at('manifest.json.next'), manifestText(withPart('two')));
    expect((await ExportFolder.open(folder)).manifest).toEqual(withPart('two'));
    expect(text(FILE)).toBe('two');
    expect(readdirSync(at('month=2026-06'))).toEqual(['part-00001.parquet']);
  });

  it('killed as it was made is made', async () => {
    await ExportFolder.open(folder, EMPTY);
    rmSync(at('manifest.json'));
    writeFileSync(at('manifest.json.next'), '{');
    expect((await ExportFolder.open(folder, EMPTY)).manifest).toEqual(EMPTY);
  });

  it('is left to the export that began last', async () => {
    const first = await commit('one');
    const draft = await first.begin(FILE);
    await draft.write('two');
    await commit('three');
    await expect(first.commit(withPart('two'), [draft])).rejects.toMatchObject({ code: 'folder_overtaken' });
    expect(text(FILE)).toBe('three');
    expect((await ExportFolder.open(folder)).manifest).toEqual(withPart('three'));
  });

  it('with files beside those of the export keeps them', async () => {
    await commit('one');
    writeFileSync(at('README.md'), 'mine');
    await commit('two');
    expect(text('README.md')).toBe('mine');
  });

  it.each([
    ['is above it', '../precious.parquet'],
    ['is one of the folder that is none of its own', 'README.md'],
    ['is anywhere', '/tmp/month=2026-06/part-00001.parquet'],
  ])('with a manifest whose file %s is refused', async (_, file) => {
    await commit('one');
    writeFileSync(at('README.md'), 'mine');
    writeFileSync(path.join(path.dirname(folder), 'precious.parquet'), 'mine');
    const entry = { ...entryOf('mine'), file };
    writeFileSync(at('manifest.json'), JSON.stringify({ ...EMPTY, files: [entry] }));
    writeFileSync(at('manifest.json.next'), JSON.stringify(EMPTY));
    await expect(ExportFolder.open(folder, EMPTY)).rejects.toMatchObject({ code: 'folder_changed' });
    expect([text('README.md'), text('../precious.parquet')]).toEqual(['mine', 'mine']);
  });

  it.each(['manifest.json', 'manifest.json.next'])('of a newer release is left to it: %s', async (file) => {
    await commit('one');
    const newer = JSON.stringify({ format: 2, folders: [] });
    writeFileSync(at(file), newer);
    await expect(ExportFolder.open(folder, EMPTY)).rejects.toMatchObject({
      code: 'folder_newer',
      message: expect.stringContaining('format is 2, and this release knows 1'),
    });
    expect(text(file)).toBe(newer);
  });

  it('whose next manifest names a part that is gone stays as it was', async () => {
    await commit('one');
    writeFileSync(at('manifest.json.next'), manifestText(withPart('two')));
    expect((await ExportFolder.open(folder)).manifest).toEqual(withPart('one'));
    expect(existsSync(at('manifest.json.next'))).toBe(false);
  });

  it('is whole whatever several exports into it at once do', async () => {
    let added = 0;
    const add = async () => {
      const open = await ExportFolder.open(folder, EMPTY);
      for (let n = 0; n < 3; n++) {
        const number = open.manifest.files.length + 1;
        const file = `month=2026-06/part-${String(number).padStart(5, '0')}.parquet`;
        const content = randomUUID();
        const draft = await open.begin(file);
        await draft.write(content);
        const files = [...open.manifest.files, { ...entryOf(content), file }];
        await open.commit({ ...EMPTY, files }, [draft]);
        added++;
      }
    };
    for (let round = 0; round < ROUNDS; round++) {
      const ends = await Promise.allSettled(
        Array.from({ length: 3 }, async (_, i) => {
          for (let turns = 0; turns < i * (round % 7); turns++)
            await new Promise((resolve) => setImmediate(resolve));
          await add();
        }),
      );
      for (const end of ends) {
        if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'folder_overtaken' });
      }
      const { manifest } = await ExportFolder.open(folder, EMPTY);
      expect(await problemsOf(folder, manifest)).toEqual([]);
      rmSync(folder, { recursive: true });
    }
    expect(added).toBeGreaterThan(0);
  }, 300_000);
});
