import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExportFolder } from '../../../cli/export-folder/folder.ts';
import { type Entry, type Manifest, manifestText } from '../../../cli/export-folder/manifest.ts';

const EMPTY: Manifest = {
  ...{ format: 1, kind: 'events', criteria: { types: [] } },
  ...{ rows_per_file: 10, up_to: null, files: [] },
};
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
});
