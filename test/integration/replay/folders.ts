import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import type { Manifest } from '../../../cli/export-folder/manifest.ts';
import { ZSTD } from './parquet-reader.ts';

export const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8'));

/** Every file of a folder with its bytes' digest. */
export const bytesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name: file }) => path.join(parentPath, file))
      .map((file) => [
        path.relative(folder, file),
        createHash('sha256').update(readFileSync(file)).digest('hex'),
      ])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );

/** Every row of a folder's Parquet files, in the manifest's order. */
export async function rowsOf(folder: string, below = ''): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (const { file } of manifestOf(folder).files) {
    if (!file.endsWith('.parquet') || !file.startsWith(below)) continue;
    const buffer = await asyncBufferFromFile(path.join(folder, file));
    rows.push(...(await parquetReadObjects({ file: buffer, compressors: ZSTD })));
  }
  return rows;
}
